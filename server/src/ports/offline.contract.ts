import { randomUUID } from 'node:crypto';
import { LIMITS } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { range, Stage, type OpenStores } from './stage.contract.js';

/** What every offline queue keeps. */
export function offlineContract(name: string, open: OpenStores): void {
  describe(`offline queue on ${name}`, () => {
    const stage = new Stage(open);
    const pending = (userId: string) => stage.node(1).offline.pending(userId, 100);
    const ack = (conversationId: string, userId: string, delivered: number) =>
      stage.node().log.moveCursor({ conversationId, userId, delivered });

    /** A chat in which `a` has sent `count` messages that `b` has not received. */
    async function missed(count: number): Promise<{ a: string; b: string; chat: string }> {
      const [a, b] = (await stage.people(2)) as [string, string];
      const chat = await stage.direct(a, b);
      await Promise.all(range(1, count).map(() => stage.send(chat, a)));
      await Promise.all(range(1, count).map((seq) => stage.node(seq).offline.note(chat, [b], seq, Date.now())));
      return { a, b, chat };
    }

    it('D6 one row for each user and conversation, from the first entry that was not received', async () => {
      const { b, chat } = await missed(5);
      expect(await pending(b)).toEqual([{ userId: b, conversationId: chat, firstSeq: 1 }]);
    });

    it('R22 ACK deletes exactly what was acknowledged, never more', async () => {
      const { b, chat } = await missed(5);
      await ack(chat, b, 3);
      expect(await pending(b)).toEqual([{ userId: b, conversationId: chat, firstSeq: 4 }]);
      await ack(chat, b, 2);
      expect(await pending(b)).toEqual([{ userId: b, conversationId: chat, firstSeq: 4 }]);
      await ack(chat, b, 5);
      expect(await pending(b)).toEqual([]);
    });

    it('R22 an entry that was acknowledged before its note is not noted', async () => {
      const [a, b] = (await stage.people(2)) as [string, string];
      const chat = await stage.direct(a, b);
      await stage.send(chat, a);
      await ack(chat, b, 1);
      await stage.node(1).offline.note(chat, [b], 1, Date.now());
      expect(await pending(b)).toEqual([]);
    });

    it('R22 reading acknowledges too', async () => {
      const { b, chat } = await missed(2);
      await stage.node().log.moveCursor({ conversationId: chat, userId: b, delivered: 0, read: 2 });
      expect(await pending(b)).toEqual([]);
    });

    it('R22 an ACK that races new entries leaves a row exactly if something is owed', async () => {
      const { a, b, chat } = await missed(1);
      await Promise.all([
        ...range(2, 20).map((n) => stage.send(chat, a, {}, n).then(() => stage.node(n).offline.note(chat, [b], n, Date.now()))),
        ...range(1, 10).map((n) => stage.node(n).log.moveCursor({ conversationId: chat, userId: b, delivered: n })),
      ]);
      const { delivered } = (await stage.opened(b, chat)).membership;
      expect(await pending(b)).toEqual([{ userId: b, conversationId: chat, firstSeq: delivered + 1 }]);
      await ack(chat, b, 20);
      expect(await pending(b)).toEqual([]);
    });

    it('D7 only members are noted, and leaving takes the row away', async () => {
      const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
      const group = await stage.group(a, [b]);
      await stage.send(group, a);
      await stage.node().offline.note(group, [b, stranger], 3, Date.now());
      expect(await pending(stranger)).toEqual([]);
      expect(await pending(b)).toHaveLength(1);
      await stage.leave(group, b);
      expect(await pending(b)).toEqual([]);
      await stage.node(1).offline.note(group, [b], 3, Date.now());
      expect(await pending(b)).toEqual([]);
    });

    it('R22 rows are an index: rebuilt from cursors they are the same', async () => {
      const { a, b, chat } = await missed(6);
      await ack(chat, b, 2);
      const group = await stage.group(a, [b]);
      await stage.node().offline.note(group, [b], 2, Date.now());
      const noted = await pending(b);
      const [c] = (await stage.people(1)) as [string];
      const other = await stage.direct(c, b);
      await stage.send(other, c);
      await stage.node(1).offline.rebuild(b, Date.now());
      const rebuilt = await pending(b);
      expect(rebuilt.filter((row) => row.conversationId !== other)).toEqual(noted);
      expect(rebuilt).toContainEqual({ userId: b, conversationId: other, firstSeq: 1 });
    });

    it('R12 a group too large for rows is not rebuilt: its members are owed by their cursors', async () => {
      const [a, b] = (await stage.people(2)) as [string, string];
      const others = (count: number) => range(1, count).map(() => randomUUID());
      const largest = await stage.group(a, [b, ...others(LIMITS.receiptsPushedUpToMembers - 2)]);
      const tooLarge = await stage.group(a, [b, ...others(LIMITS.receiptsPushedUpToMembers - 1)]);
      for (const group of [largest, tooLarge]) await stage.send(group, a);
      await stage.node(1).offline.rebuild(b, Date.now());
      expect((await pending(b)).map((row) => row.conversationId)).toEqual([largest]);
      expect((await stage.opened(b, tooLarge)).membership.unread).toBe(1);
    });

    it('D9 rows come by conversation id, as many as asked for, and are counted', async () => {
      const b = await stage.person();
      const others = await stage.people(5);
      const before = await stage.node().offline.size();
      for (const a of others) {
        const chat = await stage.direct(a, b);
        await stage.send(chat, a);
        await stage.node().offline.note(chat, [b], 1, Date.now());
      }
      const ids = (await pending(b)).map((row) => row.conversationId);
      expect(ids).toEqual([...ids].sort());
      expect(ids).toHaveLength(5);
      expect(await stage.node().offline.pending(b, 2)).toHaveLength(2);
      expect(await stage.node(1).offline.size()).toBe(before + 5);
    });

    it('R12 many are noted at once', async () => {
      const [a, ...others] = (await stage.people(300)) as [string, ...string[]];
      const group = await stage.group(a, others);
      await stage.node().offline.note(group, others, 300, Date.now());
      const rows = await Promise.all(others.map(pending));
      expect(rows.every((each) => each.length === 1)).toBe(true);
    });
  });
}
