import type { EventOf } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { groupOf, history, inbox, refused, say, sayIn, upTo } from '../world/talk.js';

const here = venue();

/** A token looks back so far further than its own reading. */
const LOOKS_BACK_MS = 60_000;
/** So much later, nothing from before counts as moved. */
const later = () => here.server.ahead(LOOKS_BACK_MS + 1_000);

/** All pages, from the first to the one with the token. */
async function wholeInbox(client: RawClient, fields: object = {}): Promise<EventOf<'INIT_DATA'>[]> {
  const pages = [await inbox(client, { ...fields })];
  for (let page = pages.at(-1); page?.cursor !== undefined; page = pages.at(-1)) {
    pages.push(await inbox(client, { limit: 7, ...fields, cursor: page.cursor }));
  }
  return pages;
}
const groupIds = (pages: EventOf<'INIT_DATA'>[]) => pages.flatMap(({ groups }) => groups.map(({ groupId }) => groupId));
const names = ({ chats, groups }: EventOf<'INIT_DATA'>) => [...chats.map((chat) => chat.with), ...groups.map(({ name }) => name)];

async function manyGroups(client: RawClient, count: number): Promise<string[]> {
  const made = await Promise.all(upTo(count).map((n) => client.askFor('SUCCESS', { type: 'CREATE_GROUP', name: `g${n}` })));
  return made.map(({ groupId = '' }) => groupId);
}

describe('with a token', () => {
  test('R16 W45 INIT_DATA gives only what moved since: messages, cursors, memberships, blocks', async () => {
    const [ann, bob, carol, dave, erin, frank] = await here.people('ann', 'bob', 'carol', 'dave', 'erin', 'frank');
    const [a, b, c] = [await ann.chat(), await bob.chat(), await carol.chat()];
    for (const friend of [bob, carol, dave, erin, frank]) await say(a, friend, 'Hello!');
    const joined = await groupOf(bob, [], { name: 'Joined' });
    const quiet = await groupOf(ann, [bob], { name: 'Quiet' });
    await later();
    const { token } = await inbox(a);
    expect(names(await inbox(a, { token }))).toEqual([]);

    await later();
    await say(b, ann, 'News.');
    const read = await history(c, ann);
    await c.askFor('SUCCESS', { type: 'READ', chatId: read.chatId, upTo: 1 });
    await dave.call('PUT', `/me/blocks/${ann.username}`);
    await a.askFor('SUCCESS', { type: 'JOIN_GROUP', groupId: joined });
    const reply = await inbox(a, { token });
    expect(names(reply).sort()).toEqual([bob.username, carol.username, dave.username, 'Joined'].sort());
    expect(reply.left).toEqual([]);
    expect(reply.chats).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ with: bob.username, lastSeq: 2, unread: 1 }),
        expect.objectContaining({ with: carol.username, peerRead: 1, peerDelivered: 1 }),
        expect.objectContaining({ with: dave.username, blocked: true }),
      ]) as object,
    );
    // The newer token leaves those out as well, once they are old.
    await later();
    const next = await inbox(a, reply.token === undefined ? {} : { token: reply.token });
    await later();
    expect(names(await inbox(a, { token: next.token }))).toEqual([]);
    await a.askFor('SUCCESS', { type: 'READ', groupId: quiet, upTo: 1_000 });
    expect(names(await inbox(a, { token: next.token }))).toEqual(['Quiet']);
  });

  test('R16 W45 also over HTTP, and after a restart', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await say(a, bob, 'Hello!');
    await later();
    const { token = '' } = await inbox(a);
    await here.server.restart();
    const path = `/inbox?token=${token}`;
    expect(await ann.call('GET', path)).toMatchObject({ status: 200, body: { chats: [], groups: [] } });
    await say(await bob.chat(), ann, 'Hello to you.');
    expect(await ann.call('GET', path)).toMatchObject({ status: 200, body: { chats: [{ with: bob.username, unread: 1 }] } });
  });

  test('R16 what was committed within the minute before the token is told again', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    await say(a, bob, 'Hello!');
    const { token } = await inbox(a);
    expect(names(await inbox(a, { token }))).toEqual([bob.username]);
  });

  test('W45 `left` names the groups that one left or was removed from since; not those one is back in', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const b = await bob.chat();
    const [leaves, removed, returns, stays] = await Promise.all(
      ['Leaves', 'Removed', 'Returns', 'Stays'].map((name) => groupOf(ann, [bob], { name })),
    );
    await later();
    const { token } = await inbox(b);
    await later();
    for (const groupId of [leaves, returns]) await b.askFor('SUCCESS', { type: 'LEAVE_GROUP', groupId });
    await ann.call('DELETE', `/groups/${removed}/members/${bob.username}`);
    await b.askFor('SUCCESS', { type: 'JOIN_GROUP', groupId: returns });
    const reply = await inbox(b, { token });
    expect(reply.left.map(({ groupId }) => groupId).sort()).toEqual([leaves, removed].sort());
    expect(reply.groups.map(({ groupId }) => groupId)).toEqual([returns]);
    expect((await inbox(b)).left).toEqual([]);
    expect((await inbox(b)).groups.map(({ groupId }) => groupId).sort()).toEqual([returns, stays].sort());
  });

  test('W46 a token or cursor that this server did not give is refused by name, and one without still works', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const strange = ['', 'x', encoded(null), encoded([]), encoded({ since: '1' }), encoded({ since: -1 }), encoded('since')];
    const forged = { since: 0, startedAt: 1, movedAt: 1, id: '0190f5a0' };
    const bent = {
      token: [{ since: 1.5 }, { since: 2 ** 60 }],
      cursor: [{ movedAt: 1.5 }, { since: 1e300 }, { startedAt: -1 }, { id: '\0' }, { id: '' }].map((part) => ({
        ...forged,
        ...part,
      })),
    };
    for (const field of ['token', 'cursor'] as const) {
      for (const value of [...strange, ...bent[field].map(encoded)]) {
        expect(await refused(a, 'invalid_field', { type: 'INIT_DATA', [field]: value })).toMatchObject({ field });
        expect(await ann.call('GET', `/inbox?${field}=${value}`)).toMatchObject({ status: 400, body: { error: { field } } });
      }
      expect(await refused(a, 'invalid_field', { type: 'INIT_DATA', [field]: 7 })).toMatchObject({ field });
      await refused(a, 'invalid_field', { type: 'INIT_DATA', [field]: 'x'.repeat(201) });
    }
    expect(await inbox(a)).toMatchObject({ chats: [], groups: [], token: expect.any(String) });
  });
});

describe('page by page', () => {
  test('W44 300 conversations come once each, newest first, and the token with the last page alone', async () => {
    const [ann] = await here.people('ann');
    const a = await ann.chat();
    const made = await manyGroups(a, 300);
    for (const limit of [200, 7]) {
      const pages = await wholeInbox(a, { limit });
      expect(groupIds(pages)).toHaveLength(300);
      expect(new Set(groupIds(pages))).toEqual(new Set(made));
      expect(pages.map(({ token }) => token !== undefined)).toEqual(pages.map((_, i) => i === pages.length - 1));
      const times = pages.flatMap(({ groups }) => groups.map(({ lastAt }) => lastAt));
      expect(times).toEqual([...times].sort((x, y) => y - x));
    }
    expect(await refused(a, 'invalid_field', { type: 'INIT_DATA', limit: 201 })).toMatchObject({ field: 'limit' });
  });

  test('R16 what moves while one pages is told, if not by a page then by its event and by the token at the end', async () => {
    const [ann] = await here.people('ann');
    const [a, laptop] = [await ann.chat(), await ann.chat()];
    const made = await manyGroups(a, 30);
    await later();
    const first = await inbox(a, { limit: 10 });
    const unseen = made.filter((groupId) => !groupIds([first]).includes(groupId)).slice(0, 5);
    for (const groupId of unseen) await sayIn(laptop, groupId, 'Moved.');
    const pages = [first];
    for (let page = first; page.cursor !== undefined; page = pages.at(-1) ?? page) {
      pages.push(await inbox(a, { limit: 10, cursor: page.cursor }));
    }
    const told = groupIds(pages);
    expect(new Set(told).size).toBe(told.length);
    const live = a.of('GROUP_CHAT').map(({ groupId }) => groupId);
    expect(new Set([...told, ...live])).toEqual(new Set(made));
    const { groups } = await inbox(a, { token: pages.at(-1)?.token });
    expect(groups.map(({ groupId }) => groupId)).toEqual(expect.arrayContaining(unseen) as string[]);
  });

  test('R16 a resume pages as well, and says what was left on its first page', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const b = await bob.chat();
    const gone = await groupOf(ann, [bob]);
    await later();
    const { token } = await inbox(b);
    await later();
    const made = await manyGroups(b, 20);
    await b.askFor('SUCCESS', { type: 'LEAVE_GROUP', groupId: gone });
    const pages = await wholeInbox(b, { token, limit: 7 });
    expect(groupIds(pages).sort()).toEqual([...made].sort());
    expect(pages.map(({ left }) => left)).toEqual([[{ groupId: gone }], [], []]);
  });
});

describe('while it is read', () => {
  test('R8 W47 first the state, then the events on top of it: none that is newer goes ahead, none is missing', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    // A long inbox takes its time to read.
    await manyGroups(b, 150);
    await say(a, bob, 'm0');
    const sending: Promise<unknown>[] = [];
    for (let round = 0; round < 60; round++) {
      sending.push(...upTo(10).map((n) => say(a, bob, `m${round}.${n}`)));
      sending.push(inbox(b, { limit: 200 }));
      if (round % 3 === 0) await b.settle();
    }
    await Promise.all(sending);
    await b.next('ONE_TO_ONE_CHAT', ({ seq }) => seq === 601);
    let newest = 0;
    for (const frame of b.frames) {
      if (frame.type === 'ONE_TO_ONE_CHAT') {
        expect(frame.seq === newest + 1 || newest === 0).toBe(true);
        newest = frame.seq;
      }
      if (frame.type === 'INIT_DATA') expect(frame.chats[0]?.lastSeq ?? 0).toBeGreaterThanOrEqual(newest);
    }
    const lastSeqs = b.of('INIT_DATA').map(({ chats }) => chats[0]?.lastSeq ?? 0);
    expect(new Set(lastSeqs).size).toBeGreaterThan(3);
  });
});
