import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cursors, Page, PageQuery } from './log.js';
import { entry, only, range, refusal, Stage, type OpenStores } from './stage.contract.js';
import { LogModel, step, type Step } from './unread-model.contract.js';

/** What every log keeps, whatever it is made of. */
export function logContract(name: string, open: OpenStores): void {
  describe(`log on ${name}`, () => {
    const stage = new Stage(open);
    describe('appending', () => {
      appending(stage);
    });
    describe('client ids', () => {
      clientIds(stage);
    });
    describe('who may', () => {
      whoMay(stage);
    });
    describe('changes', () => {
      changes(stage);
    });
    describe('editing and deleting', () => {
      revisions(stage);
    });
    describe('cursors', () => {
      cursors(stage);
    });
    describe('pages', () => {
      pages(stage);
    });
  });
}

function appending(stage: Stage): void {
  it('R1 seqs are 1, 2, 3 … without a hole, whatever races on whatever node', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = await Promise.all(range(1, 200).map((n) => stage.send(chat, n % 3 === 0 ? b : a, { content: `${n}` }, n)));
    const seqs = sent.map((appended) => only(appended).seq).sort((x, y) => x - y);
    expect(seqs).toEqual(range(1, 200));
    expect((await stage.entries(chat)).map((each) => each.seq)).toEqual(range(1, 200));
  });

  it('R1 a refused append takes no seq', async () => {
    const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
    const chat = await stage.direct(a, b);
    const results = await Promise.all(range(1, 30).map((n) => refusal(stage.send(chat, n % 2 === 0 ? a : stranger, {}, n))));
    expect(results.filter((result) => result === 'accepted')).toHaveLength(15);
    expect((await stage.entries(chat)).map((each) => each.seq)).toEqual(range(1, 15));
  });

  it('D1 what is acknowledged is there, on every node, as it was sent', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const content = 'Ünïcödé 🧗🏽‍♀️ \u2028 "quotes" \\ \t\r\n end';
    const appended = only(await stage.send(chat, a, { content, clientId: 'c-1' }));
    expect(appended).toMatchObject({ seq: 1, ordinal: 1, kind: 'message', senderId: a, content, clientId: 'c-1', detail: null });
    for (const node of stage.nodes) expect(await node.log.entry(chat, 1)).toEqual(appended);
    expect(await stage.node().log.entry(chat, 2)).toBeNull();
  });

  it('D2 the sends of one node take effect, and are answered, in the order in which they were made', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const answered: number[] = [];
    await Promise.all(range(1, 100).map((n) => stage.send(chat, a, { content: `${n}` }).then(() => answered.push(n))));
    expect(answered).toEqual(range(1, 100));
    expect((await stage.entries(chat)).map((each) => Number(each.content))).toEqual(range(1, 100));
  });

  it('R2 createdAt never goes back, even when the clock does', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const now = Date.now();
    for (const [turn, offset] of [0, -3_600_000, -1, 5, -7].entries()) await stage.send(chat, a, { at: now + offset }, turn);
    const times = (await stage.entries(chat)).map((each) => each.createdAt);
    expect(times).toEqual([...times].sort((x, y) => x - y));
  });

  it('R5 the ordinal counts messages only', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await stage.send(group, a);
    await stage.change(group, a, { entries: [entry('renamed', { detail: { name: 'Hiking' } })], set: { name: 'Hiking' } });
    await stage.send(group, b);
    expect((await stage.entries(group)).map(({ kind, ordinal }) => [kind, ordinal])).toEqual([
      ['created', 0],
      ['added', 0],
      ['message', 1],
      ['renamed', 1],
      ['message', 2],
    ]);
  });
}

function clientIds(stage: Stage): void {
  it('R3 the same client id, even racing on both nodes, is one message', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = await Promise.all(range(1, 20).map((n) => stage.send(chat, a, { clientId: 'same', content: 'once' }, n)));
    const firsts = sent.filter((appended) => !appended.repeated);
    expect(firsts).toHaveLength(1);
    const { seq, messageId, createdAt, ordinal } = only(firsts[0] as (typeof sent)[number]);
    for (const appended of sent) expect(only(appended)).toMatchObject({ seq, messageId, createdAt, ordinal });
    expect(await stage.entries(chat)).toHaveLength(1);
    expect((await stage.opened(b, chat)).membership.unread).toBe(1);
    expect((await stage.opened(a, chat)).membership.unread).toBe(0);
  });

  it('R3 the same client id with other content is refused, also in the same tick', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const first = stage.send(chat, a, { clientId: 'x', content: 'one' });
    const second = refusal(stage.send(chat, a, { clientId: 'x', content: 'two' }));
    await first;
    expect(await second).toBe('client_id_reused');
    expect(await refusal(stage.send(chat, a, { clientId: 'x', content: 'three' }, 1))).toBe('client_id_reused');
    expect(await stage.entries(chat)).toHaveLength(1);
  });

  it('R3 a client id is its sender’s and its conversation’s own', async () => {
    const [a, b, c] = (await stage.people(3)) as [string, string, string];
    const [one, two] = [await stage.direct(a, b), await stage.direct(a, c)];
    const sent = await Promise.all([
      stage.send(one, a, { clientId: 'x' }),
      stage.send(one, b, { clientId: 'x' }),
      stage.send(two, a, { clientId: 'x' }),
    ]);
    expect(sent.map((appended) => appended.repeated)).toEqual([false, false, false]);
  });

  it('D3 a repeated send gets its first result, even from somebody who may not send any more', async () => {
    const [a, b, c] = (await stage.people(3)) as [string, string, string];
    const [chat, group] = [await stage.direct(a, b), await stage.group(a, [c])];
    const inChat = only(await stage.send(chat, a, { clientId: 'x' }));
    const inGroup = only(await stage.send(group, c, { clientId: 'x' }));
    await stage.node().contacts.setBlock(b, a, true, Date.now());
    await stage.leave(group, c);
    expect(only(await stage.send(chat, a, { clientId: 'x' }, 1))).toMatchObject({ seq: inChat.seq, messageId: inChat.messageId });
    expect(await stage.send(group, c, { clientId: 'x' }, 1)).toMatchObject({
      repeated: true,
      entries: [{ messageId: inGroup.messageId }],
    });
  });

  it('D3 an edit of the message does not change what its client id stands for', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = only(await stage.send(chat, a, { clientId: 'x', content: 'before' }));
    await stage.revise(chat, a, sent, 'after');
    expect((await stage.send(chat, a, { clientId: 'x', content: 'before' })).repeated).toBe(true);
    expect(await refusal(stage.send(chat, a, { clientId: 'x', content: 'after' }))).toBe('client_id_reused');
  });
}

function whoMay(stage: Stage): void {
  it('D7 only members append; nothing is written otherwise', async () => {
    const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
    const chat = await stage.direct(a, b);
    expect(await refusal(stage.send(chat, stranger))).toBe('not_member');
    expect(await refusal(stage.send(randomUUID(), a))).toBe('not_member');
    expect(await stage.entries(chat)).toEqual([]);
  });

  it('D7 nobody sends over a block, from either side, until it is lifted', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await stage.node().contacts.setBlock(a, b, true, Date.now());
    expect([await refusal(stage.send(chat, a)), await refusal(stage.send(chat, b, {}, 1))]).toEqual(['blocked', 'blocked']);
    await stage.node(1).contacts.setBlock(a, b, false, Date.now());
    expect(await refusal(stage.send(chat, b))).toBe('accepted');
  });

  it('D7 nobody sends to a closed group', async () => {
    const a = await stage.person();
    const group = await stage.group(a);
    await stage.change(group, a, { entries: [entry('closed')], set: { closed: true } });
    expect(await refusal(stage.send(group, a, {}, 1))).toBe('group_closed');
  });

  it('R6 a send that races a removal is before it in the log, or refused', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    const results = await Promise.all([
      ...range(1, 20).map((n) => refusal(stage.send(group, b, {}, n))),
      stage
        .change(
          group,
          a,
          { entries: [entry('removed', { detail: { userId: b } })], members: [{ userId: b, role: null, entry: 0 }] },
          1,
        )
        .then(() => 'removed'),
      ...range(1, 20).map((n) => refusal(stage.send(group, b, {}, n))),
    ]);
    const log = await stage.entries(group);
    const removedAt = log.find((each) => each.kind === 'removed')?.seq ?? 0;
    const sent = log.filter((each) => each.kind === 'message');
    expect(sent.every((each) => each.seq < removedAt)).toBe(true);
    expect(results.filter((result) => result === 'accepted')).toHaveLength(sent.length);
    expect(await refusal(stage.send(group, b))).toBe('not_member');
  });
}

function changes(stage: Stage): void {
  it('R6 a change on another version of the members is stale, and writes nothing', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a);
    const seen = await stage.version(group);
    await stage.join(group, b);
    const before = await stage.entries(group);
    const late = stage.change(group, a, { membersVersion: seen, entries: [entry('renamed')], set: { name: 'Late' } });
    expect(await refusal(late)).toBe('stale');
    expect(await stage.entries(group)).toEqual(before);
    expect((await stage.node().conversations.group(group))?.name).toBe('Climbing');
  });

  it('R6 of changes that race on the same version, one wins', async () => {
    const [a, ...others] = (await stage.people(9)) as [string, ...string[]];
    const group = await stage.group(a);
    const membersVersion = await stage.version(group);
    const results = await Promise.all(
      others.map((userId, turn) =>
        refusal(
          stage.change(
            group,
            userId,
            {
              membersVersion,
              entries: [entry('joined', { detail: { userId } })],
              members: [{ userId, role: 'member', entry: 0 }],
            },
            turn,
          ),
        ),
      ),
    );
    expect(results.sort()).toEqual(['accepted', ...Array.from({ length: 7 }, () => 'stale')]);
    expect((await stage.node(1).conversations.roster(group))?.members.size).toBe(2);
  });

  it('R6 what decides who may raises the version; a name, an edit or a message does not', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a);
    const start = await stage.version(group);
    const sent = only(await stage.send(group, a));
    await stage.revise(group, a, sent, 'edited');
    await stage.change(group, a, { entries: [entry('renamed')], set: { name: 'Hiking' } });
    expect(await stage.version(group)).toBe(start);
    const joined = await stage.join(group, b);
    expect(joined.membersVersion).toBe(start + 1);
    const promoted = await stage.change(group, a, {
      entries: [entry('role')],
      members: [{ userId: b, role: 'admin', entry: 0 }],
    });
    expect(promoted.membersVersion).toBe(start + 2);
    const closedToAll = await stage.change(group, a, { entries: [entry('settings')], set: { access: 'invite' } });
    expect(closedToAll.membersVersion).toBe(start + 3);
    expect((await stage.send(group, b)).membersVersion).toBe(start + 3);
  });

  it('R6 each member’s change takes effect at the seq of its own entry', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    const appended = await stage.change(group, a, {
      entries: [entry('left', { detail: { userId: a } }), entry('role', { detail: { userId: b, role: 'owner' } })],
      members: [
        { userId: a, role: null, entry: 0 },
        { userId: b, role: 'owner', entry: 1 },
      ],
    });
    expect(appended.entries.map((each) => [each.seq, each.kind])).toEqual([
      [3, 'left'],
      [4, 'role'],
    ]);
    expect(await stage.node().conversations.open(a, group)).toBeNull();
    const { membership, conversation } = await stage.opened(b, group);
    expect(membership).toMatchObject({ role: 'owner', joinedSeq: 2 });
    expect(conversation).toMatchObject({ memberCount: 1, lastSeq: 4 });
    expect((await stage.join(group, a)).entries[0]?.seq).toBe(5);
    expect((await stage.opened(a, group)).membership).toMatchObject({
      role: 'member',
      joinedSeq: 5,
      delivered: 4,
      read: 4,
      unread: 0,
    });
  });
}

function revisions(stage: Stage): void {
  it('R18 an edit changes its target’s row and keeps its place and number', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = only(await stage.send(chat, a, { content: 'helo' }));
    const edit = only(await stage.revise(chat, a, sent, 'hello'));
    expect(edit).toMatchObject({
      seq: 2,
      ordinal: 1,
      kind: 'edit',
      content: 'hello',
      detail: { target: { seq: 1, messageId: sent.messageId } },
    });
    expect(await stage.node(1).log.entry(chat, 1)).toEqual({ ...sent, content: 'hello', editedAt: edit.createdAt });
  });

  it('R18 a deleted message shows as deleted, keeps its number, and stays unread', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = only(await stage.send(chat, a));
    const deletion = only(await stage.revise(chat, a, sent, null));
    expect(await stage.node(1).log.entry(chat, 1)).toEqual({ ...sent, content: '', deletedAt: deletion.createdAt });
    expect((await stage.opened(b, chat)).membership.unread).toBe(1);
    expect(await refusal(stage.revise(chat, a, sent, 'again'))).toBe('message_deleted');
    expect(await refusal(stage.revise(chat, a, sent, null))).toBe('message_deleted');
  });

  it('R18 of two deletions that race, one is refused', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const sent = only(await stage.send(chat, a));
    const results = await Promise.all([1, 2].map(() => refusal(stage.revise(chat, a, sent, null))));
    expect(results.sort()).toEqual(['accepted', 'message_deleted']);
  });

  it('R18 only messages are edited, by their seq and id both', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    const created = (await stage.entries(group))[0] as { seq: number; messageId: string };
    const sent = only(await stage.send(group, a));
    for (const target of [created, { seq: sent.seq, messageId: randomUUID() }, { seq: 99, messageId: sent.messageId }]) {
      expect(await refusal(stage.revise(group, a, target, 'x'))).toBe('not_found');
    }
    expect(await stage.entries(group)).toHaveLength(3);
  });
}

function cursors(stage: Stage): void {
  it('R20 cursors are clamped to the log, the highest wins, and reading implies receiving', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await Promise.all(range(1, 10).map(() => stage.send(chat, a)));
    const move = (delivered: number, read?: number, turn = 0) =>
      stage.node(turn).log.moveCursor({ conversationId: chat, userId: b, delivered, ...(read !== undefined && { read }) });
    expect(await move(4)).toEqual({ delivered: 4, read: 0, unread: 10, moved: true, deliveredBefore: 0, readBefore: 0 });
    expect(await move(2, undefined, 1)).toMatchObject({ delivered: 4, moved: false });
    expect(await move(0, 6)).toEqual({ delivered: 6, read: 6, unread: 4, moved: true, deliveredBefore: 4, readBefore: 0 });
    expect(await move(5, 5, 1)).toEqual({ delivered: 6, read: 6, unread: 4, moved: false, deliveredBefore: 6, readBefore: 6 });
    expect(await move(1_000, 1_000)).toMatchObject({ delivered: 10, read: 10, unread: 0 });
  });

  it('R20 of moves that race, the highest wins and each step is told once', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await Promise.all(range(1, 30).map(() => stage.send(chat, a)));
    const moves = await Promise.all(
      range(1, 30).map((n) => stage.node(n).log.moveCursor({ conversationId: chat, userId: b, delivered: n, read: n })),
    );
    const told = moves.filter((moved): moved is Cursors => moved !== null && moved.moved);
    const steps = told.reduce((sum, { deliveredBefore, delivered }) => sum + delivered - deliveredBefore, 0);
    expect(steps).toBe(30);
    expect((await stage.opened(b, chat)).membership).toMatchObject({ delivered: 30, read: 30, unread: 0 });
  });

  it('R21 a send never moves the sender’s read cursor, and one’s own messages are not unread', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await stage.send(chat, b);
    await stage.send(chat, a);
    await stage.send(chat, a);
    expect((await stage.opened(a, chat)).membership).toMatchObject({ read: 0, unread: 1 });
    expect((await stage.opened(b, chat)).membership).toMatchObject({ read: 0, unread: 2 });
  });

  it('R21 nothing is unread to who comes back, and what comes then is, whatever they sent before', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await Promise.all([stage.send(group, a), stage.send(group, b), stage.send(group, b)]);
    await stage.leave(group, b);
    await stage.send(group, a);
    await stage.join(group, b);
    expect((await stage.opened(b, group)).membership.unread).toBe(0);
    await Promise.all([stage.send(group, b), stage.send(group, a)]);
    expect((await stage.opened(b, group)).membership.unread).toBe(1);
  });

  it('D7 only a member has cursors', async () => {
    const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
    const group = await stage.group(a, [b]);
    await stage.leave(group, b);
    for (const userId of [b, stranger]) {
      expect(await stage.node().log.moveCursor({ conversationId: group, userId, delivered: 1, read: 1 })).toBeNull();
    }
    expect(await stage.node().log.moveCursor({ conversationId: randomUUID(), userId: a, delivered: 1 })).toBeNull();
  });

  it('R21 unread is exact after any sends, reads, joins, leaves, edits and deletions', { timeout: 120_000 }, async () => {
    const people = await stage.people(4);
    const bursts = fc.array(fc.array(step(people.length), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 });
    const played = fc.assert(
      fc.asyncProperty(bursts, async (script: Step[][]) => {
        const model = new LogModel(people, await stage.group(people[0] as string, people.slice(1, 3)));
        for (const [turn, burst] of script.entries()) await model.play(stage, burst, turn);
        await model.verify(stage);
      }),
      { numRuns: 60 },
    );
    await expect(played).resolves.toBeUndefined();
  });
}

function pages(stage: Stage): void {
  const query = (conversationId: string, more: Partial<PageQuery>): PageQuery => ({
    conversationId,
    from: 1,
    to: 1e9,
    limit: 10,
    maxBytes: 1e6,
    ...more,
  });

  it('R15 pages tile the log exactly, for any bounds, start, limit and direction', { timeout: 120_000 }, async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const last = 57;
    await Promise.all(range(1, last).map((n) => stage.send(chat, a, { content: 'x'.repeat((n * 37) % 200) })));
    const seq = fc.integer({ min: 0, max: last + 5 });
    const asked = fc.record(
      {
        from: seq,
        to: seq,
        start: seq,
        upwards: fc.boolean(),
        limit: fc.integer({ min: 1, max: 20 }),
        maxBytes: fc.integer({ min: 1, max: 900 }),
      },
      { requiredKeys: ['from', 'to', 'upwards', 'limit', 'maxBytes'] },
    );
    await fc.assert(
      fc.asyncProperty(asked, async ({ from, to, start, upwards, limit, maxBytes }) => {
        const lowest = Math.max(from, 1, upwards && start !== undefined ? start + 1 : 0);
        const highest = Math.min(to, last, !upwards && start !== undefined ? start - 1 : Infinity);
        const seen: number[] = [];
        let next = upwards ? (start ?? 0) : start;
        let page: Page;
        do {
          const where = next === undefined ? {} : upwards ? { after: next } : { before: next };
          page = await stage.node(seen.length).log.page(query(chat, { from, to, limit, maxBytes, ...where }));
          const covered = range(page.coversFrom, page.coversTo);
          expect(page.entries.map((each) => each.seq)).toEqual(covered);
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          if (upwards) seen.push(...covered);
          else seen.unshift(...covered);
          next = upwards ? page.coversTo : page.coversFrom;
        } while (page.hasMore);
        expect(seen).toEqual(range(lowest, highest));
      }),
      { numRuns: 100 },
    );
  });

  it('R15 an empty page covers nothing', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    for (const where of [{}, { before: 1 }, { after: 7 }, { from: 9, to: 3 }]) {
      const page = await stage.node().log.page(query(chat, where));
      expect(page).toMatchObject({ entries: [], hasMore: false });
      expect(page.coversTo).toBeLessThan(page.coversFrom);
    }
  });

  it('D7 a page never leaves its bounds', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await Promise.all(range(1, 20).map(() => stage.send(chat, a)));
    for (const where of [{}, { before: 50 }, { after: 0 }]) {
      const page = await stage.node(1).log.page(query(chat, { from: 5, to: 8, limit: 100, ...where }));
      expect(page.entries.map((each) => each.seq)).toEqual(range(5, 8));
      expect(page).toMatchObject({ coversFrom: 5, coversTo: 8, hasMore: false });
    }
  });

  it('D9 a page ends at its size, but has one entry at least', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    await Promise.all(range(1, 5).map(() => stage.send(chat, a, { content: 'é'.repeat(100) })));
    const page = await stage.node().log.page(query(chat, { maxBytes: 450 }));
    expect(page).toMatchObject({ coversFrom: 4, coversTo: 5, hasMore: true });
    expect((await stage.node().log.page(query(chat, { maxBytes: 1 }))).entries).toHaveLength(1);
  });
}
