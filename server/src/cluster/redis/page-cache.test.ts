import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../ports/log.js';
import { soon } from '../../ports/ears.contract.js';
import { Keys } from './keys.js';
import type { PageCache } from './page-cache.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

const START = Date.UTC(2026, 0, 1);

const message = (seq: number, more: Partial<Entry> = {}): Entry => ({
  conversationId: 'c',
  seq,
  ordinal: seq,
  messageId: `m-${seq}`,
  kind: 'message',
  senderId: 'ann',
  createdAt: START + seq,
  content: `Grüße 🧗 ${seq}\n`,
  detail: null,
  clientId: null,
  editedAt: null,
  deletedAt: null,
  ...more,
});
const revision = (kind: 'edit' | 'delete', seq: number, target: number) =>
  message(seq, { kind, content: kind === 'edit' ? 'new' : '', detail: { target: { seq: target, messageId: `m-${target}` } } });

onEachRedis((name, { redis }) => {
  describe(`page cache on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    const keys = new Keys(place.prefix);
    let pages: PageCache;
    let other: PageCache;
    beforeAll(async () => {
      const nodes = [place.node(), place.node()] as const;
      await Promise.all(nodes.map((node) => node.start()));
      [pages, other] = [nodes[0].pages, nodes[1].pages];
    });
    afterAll(() => place.close());

    it('R17 a page is used only up to where it ends', async () => {
      const id = randomUUID();
      expect(await pages.read(id, 0, 50)).toBeNull();
      const page = [message(8), message(9), message(10)];
      expect(await pages.store(id, page)).toBe(true);
      expect(await other.read(id, 10, 50)).toEqual(page);
      expect(await other.read(id, 9, 50)).toEqual(page);
      expect(await other.read(id, 11, 50)).toBeNull();
      await other.forget(id);
      expect(await pages.read(id, 10, 50)).toBeNull();
    });

    it('R17 its end never goes back, whoever stores when', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 3, max: 30 }), { minLength: 1, maxLength: 8 }), async (ends) => {
          const id = randomUUID();
          await Promise.all(
            ends.map((end, turn) => (turn % 2 === 0 ? pages : other).store(id, [message(end - 1), message(end)])),
          );
          const kept = await pages.read(id, 0, 50);
          expect(kept?.at(-1)?.seq).toBe(Math.max(...ends));
        }),
        { numRuns: 50 },
      );
    });

    it('R17 messages that are appended go on a page that is kept, and on no other', async () => {
      const id = randomUUID();
      const said = (seq: number) => message(seq, { conversationId: id });
      pages.add(said(3));
      await pages.store(randomUUID(), [said(1)]); // goes the same way, after it
      expect(await place.admin.exists(keys.page(id))).toBe(0);
      await pages.store(id, [said(1), said(2), said(3)]);
      for (const seq of [4, 5]) pages.add(said(seq));
      await soon(async () => expect(await other.read(id, 5, 50)).toEqual([1, 2, 3, 4, 5].map(said)));
      expect(await other.read(id, 6, 50)).toBeNull();
      // What did not come leaves a hole until the page is stored anew.
      other.add(said(7));
      await soon(async () => expect(await place.admin.llen(keys.page(id))).toBe(6));
      expect(await pages.read(id, 7, 50)).toBeNull();
      expect(await pages.store(id, [said(6), said(7)])).toBe(true);
      expect(await pages.read(id, 7, 50)).toEqual([said(6), said(7)]);
      other.add(said(9));
      await soon(async () => expect(await place.admin.llen(keys.page(id))).toBe(3));
      pages.add(said(8));
      await soon(async () => expect(await pages.read(id, 9, 50)).toEqual([6, 7, 8, 9].map(said)));
    });

    it('R17 a message that a stored page had already is no hole; another one with its seq is', async () => {
      const id = randomUUID();
      const said = (seq: number, more: Partial<Entry> = {}) => message(seq, { conversationId: id, ...more });
      await pages.store(id, [said(1), said(2), said(3)]);
      for (const seq of [3, 4]) other.add(said(seq));
      await soon(async () => expect(await place.admin.llen(keys.page(id))).toBe(5));
      expect(await pages.read(id, 4, 50)).toEqual([1, 2, 3, 4].map((seq) => said(seq)));
      // As after PostgreSQL was restored to an older state.
      other.add(said(4, { messageId: 'of another timeline' }));
      await soon(async () => expect(await place.admin.llen(keys.page(id))).toBe(6));
      expect(await pages.read(id, 4, 50)).toBeNull();
    });

    it('R17 a page that goes on is cut, and only as much of it is read as is asked for', async () => {
      const id = randomUUID();
      const said = (seq: number) => message(seq, { conversationId: id });
      await pages.store(id, [said(1)]);
      for (let seq = 2; seq <= 1_000; seq++) pages.add(said(seq));
      await soon(async () => expect(await place.admin.llen(keys.page(id))).toBe(100));
      const read = await pages.read(id, 1_000, 20);
      expect(read?.at(-1)).toEqual(said(1_000));
      expect(read?.length).toBeLessThan(50);
    });

    it('R17 a page with a hole is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1), message(3)])).toBe(false);
      expect(await pages.store(id, [])).toBe(false);
      expect(await pages.read(id, 0, 50)).toBeNull();
    });

    it('R18 a page that lacks what an edit or deletion on it changed is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1), revision('edit', 2, 1)])).toBe(false);
      expect(await pages.store(id, [message(1), revision('delete', 2, 1)])).toBe(false);
      expect(await pages.store(id, [message(1, { editedAt: START + 2 }), revision('edit', 2, 1), revision('edit', 3, 1)])).toBe(
        false,
      );
      expect(await pages.store(id, [message(1, { editedAt: START + 2 }), revision('edit', 2, 1)])).toBe(true);
      const deleted = message(1, { content: '', editedAt: START + 2, deletedAt: START + 3 });
      expect(await pages.store(id, [deleted, revision('edit', 2, 1), revision('delete', 3, 1)])).toBe(true);
      expect(await pages.store(id, [message(5), revision('edit', 6, 1)])).toBe(true);
    });

    it('what is too large is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1, { content: 'x'.repeat(300_000) })])).toBe(false);
    });
  });
});
