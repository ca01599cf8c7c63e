import type { http } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import type { RawClient } from '../world/raw-client.js';
import { contents, groupHistory, groupOf, inbox, refused, sayIn, seqs, upTo } from '../world/talk.js';

const here = venue();

const memberPath = (groupId: string, { username }: Account) => `/groups/${groupId}/members/${username}`;
const add = (by: Account, groupId: string, { username }: Account) => by.call('POST', `/groups/${groupId}/members`, { username });
const remove = (by: Account, groupId: string, whom: Account) => by.call('DELETE', memberPath(groupId, whom));
const setRole = (by: Account, groupId: string, whom: Account, role: string) =>
  by.call('PATCH', memberPath(groupId, whom), { role });
const change = (by: Account, groupId: string, settings: object) =>
  by.call<http.ErrorBody>('PATCH', `/groups/${groupId}`, settings);
const join = (client: RawClient, groupId: string) => client.askFor('SUCCESS', { type: 'JOIN_GROUP', groupId });
const leave = (client: RawClient, groupId: string) => client.askFor('SUCCESS', { type: 'LEAVE_GROUP', groupId });

/** Who is what, by the member list. */
async function roles(by: Account, groupId: string): Promise<Record<string, string>> {
  const { body } = await by.call<http.Members>('GET', `/groups/${groupId}/members`);
  return Object.fromEntries(body.members.map(({ username, role }) => [username, role]));
}

/** What happened in the group, in its order, as somebody is told. */
async function chronicle(reader: RawClient, groupId: string): Promise<string[]> {
  const { events } = await groupHistory(reader, groupId, { limit: 100 });
  return events.map((entry) => (entry.type === 'GROUP_EVENT' ? `${entry.event} ${entry.username ?? entry.name}` : entry.type));
}

describe('coming and going', () => {
  test('W49 W23 who creates a group is its owner; those named are in it, and learn of it live', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, laptop, b] = [await ann.chat(), await ann.chat(), await bob.chat()];
    const { groupId = '', group } = await a.askFor('SUCCESS', {
      type: 'CREATE_GROUP',
      name: '  Climbing ',
      access: 'invite',
      visibility: 'joined',
      members: [bob.username, bob.username, ann.username],
    });
    expect(group).toMatchObject({
      groupId,
      name: 'Climbing',
      role: 'owner',
      access: 'invite',
      visibility: 'joined',
      memberCount: 2,
      lastSeq: 2,
      ordinal: 0,
      unread: 0,
      closed: false,
    });
    expect(await roles(bob, groupId)).toEqual({ [ann.username]: 'owner', [bob.username]: 'member' });
    expect(await b.next('GROUP_EVENT')).toMatchObject({ event: 'added', username: bob.username, from: ann.username, seq: 2 });
    expect(await laptop.next('GROUP_EVENT')).toMatchObject({ event: 'created', from: ann.username, seq: 1, group });
    await a.settle();
    expect(a.of('GROUP_EVENT')).toEqual([]);
  });

  test.each(['over the socket', 'over HTTP'])(
    'W51 D9 of a new group each connection gets one frame, however many are in it: with the group as the inbox shows it, %s',
    async (way) => {
      const [ann, ...others] = await here.people('ann', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
      const [a, laptop] = [await ann.chat(), await ann.chat()];
      const devices = await Promise.all(others.map((other) => other.chat()));
      const draft = { name: 'Climbing', access: 'invite', visibility: 'joined', members: others.map(({ username }) => username) };
      const groupId =
        way === 'over HTTP'
          ? await groupOf(ann, others, draft)
          : ((await a.askFor('SUCCESS', { type: 'CREATE_GROUP', ...draft })).groupId ?? '');
      for (const [i, device] of devices.entries()) {
        const welcome = await device.next('GROUP_EVENT');
        const { groups } = await inbox(device);
        expect(welcome).toMatchObject({ event: 'added', seq: i + 2, from: ann.username, username: others[i]?.username });
        expect(welcome.group).toMatchObject({ groupId, role: 'member', joinedSeq: i + 2, lastSeq: 8, memberCount: 8 });
        expect([welcome.group]).toEqual(groups);
      }
      const own = await laptop.next('GROUP_EVENT');
      expect(own).toMatchObject({ event: 'created', seq: 1, from: ann.username, group: { role: 'owner', lastSeq: 8 } });
      expect([own.group]).toEqual((await inbox(laptop)).groups);

      await sayIn(laptop, groupId, 'Welcome!');
      for (const device of devices) expect(await device.next('GROUP_CHAT')).toMatchObject({ seq: 9, content: 'Welcome!' });
      await a.settle();
      const counts = [...devices, laptop].map((device) => device.of('GROUP_EVENT').length);
      expect([...counts, a.of('GROUP_EVENT').length]).toEqual([...Array<number>(8).fill(1), way === 'over HTTP' ? 1 : 0]);
      const names = others.map(({ username }) => `added ${username}`);
      expect(await chronicle(a, groupId)).toEqual(['created Climbing', ...names]);
      expect(await chronicle(devices[2] as RawClient, groupId)).toEqual(names.slice(2));
    },
  );

  test('W50 W30 joining an open group: everybody learns of it, also who joined; joining again changes nothing', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b, laptop] = [await ann.chat(), await bob.chat(), await bob.chat()];
    const groupId = await groupOf(ann, []);
    await sayIn(a, groupId, 'Before Bob.');
    expect(await join(b, groupId)).toMatchObject({ group: { role: 'member', memberCount: 2, joinedSeq: 3, unread: 0 } });
    for (const device of [a, laptop]) {
      expect(await device.next('GROUP_EVENT', ({ event }) => event === 'joined')).toMatchObject({
        seq: 3,
        username: bob.username,
      });
    }
    expect(await join(b, groupId)).toMatchObject({ group: { lastSeq: 3, joinedSeq: 3 } });
    await sayIn(a, groupId, 'With Bob.');
    expect(await b.next('GROUP_CHAT')).toMatchObject({ content: 'With Bob.', seq: 4 });
    expect(laptop.of('GROUP_CHAT').map(({ content }) => content)).toEqual(['With Bob.']);
  });

  test('W50 an invite-only group is not found by who is not in it, and only admins add people', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const c = await carol.chat();
    const groupId = await groupOf(ann, [bob], { access: 'invite' });
    await refused(c, 'not_found', { type: 'JOIN_GROUP', groupId });
    await refused(c, 'not_found', { type: 'JOIN_GROUP', groupId: 'no-such-group' });
    expect(await add(bob, groupId, carol)).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } });
    expect((await setRole(ann, groupId, bob, 'admin')).status).toBe(204);
    expect((await add(bob, groupId, carol)).status).toBe(204);
    expect(await c.next('GROUP_EVENT', ({ event }) => event === 'added')).toMatchObject({ from: bob.username });
    expect(await add(bob, groupId, carol)).toMatchObject({ status: 409, body: { error: { code: 'already_member' } } });
  });

  test('W50 in an open group any member adds people, and nobody else does', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    const groupId = await groupOf(ann, [bob]);
    expect((await add(bob, groupId, carol)).status).toBe(204);
    expect(await add(dave, groupId, carol)).toMatchObject({ status: 403, body: { error: { code: 'not_member' } } });
  });

  test('D7 who is not in a group is not told to be, when they add themselves', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const groupId = await groupOf(ann, [], { access: 'invite' });
    expect(await add(bob, groupId, bob)).toMatchObject({ status: 403, body: { error: { code: 'not_member' } } });
    expect(await add(ann, groupId, ann)).toMatchObject({ status: 409, body: { error: { code: 'already_member' } } });
  });

  test('W49 the last owner hands on to the admin of longest standing, else the member', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    const [a, d, c] = [await ann.chat(), await dave.chat(), await carol.chat()];
    const groupId = await groupOf(ann, [bob, carol, dave]);
    for (const admin of [dave, carol]) await setRole(ann, groupId, admin, 'admin');
    await leave(a, groupId);
    expect(await roles(bob, groupId)).toEqual({ [bob.username]: 'member', [carol.username]: 'owner', [dave.username]: 'admin' });
    expect(await d.next('GROUP_EVENT', ({ role }) => role === 'owner')).toMatchObject({
      event: 'role',
      username: carol.username,
    });
    await setRole(carol, groupId, dave, 'member');
    await leave(c, groupId);
    expect(await roles(bob, groupId)).toEqual({ [bob.username]: 'owner', [dave.username]: 'member' });
  });

  test('W49 another owner stays, and the last one does not step down', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const groupId = await groupOf(ann, [bob]);
    expect(await setRole(ann, groupId, ann, 'member')).toMatchObject({ status: 403, body: { error: { field: 'role' } } });
    await setRole(ann, groupId, bob, 'owner');
    await leave(await ann.chat(), groupId);
    expect(await chronicle(await bob.chat(), groupId)).toEqual([
      'created Climbing',
      `added ${bob.username}`,
      `role ${bob.username}`,
      `left ${ann.username}`,
    ]);
  });

  test('W49 the last member closes the group: nobody writes, joins or adds any more', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, []);
    await leave(a, groupId);
    await refused(b, 'group_closed', { type: 'JOIN_GROUP', groupId });
    const answer = await a.ask({ type: 'GROUP_CHAT', groupId, content: 'Anybody?' });
    expect(['group_closed', 'not_member']).toContain(answer.type === 'ERROR' ? answer.code : answer.type);
    await refused(a, 'not_member', { type: 'GET_GROUP_CHAT_HISTORY', groupId });
    expect((await inbox(a)).groups).toEqual([]);
  });

  test('roles decide: members change nothing, admins remove members, only owners remove admins and set roles', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    const groupId = await groupOf(ann, [bob, carol, dave]);
    const notAllowed = { status: 403, body: { error: { code: 'not_allowed' } } };
    expect(await change(dave, groupId, { name: 'Mine' })).toMatchObject(notAllowed);
    expect(await remove(dave, groupId, carol)).toMatchObject(notAllowed);
    for (const admin of [bob, carol]) expect((await setRole(ann, groupId, admin, 'admin')).status).toBe(204);
    expect(await remove(bob, groupId, carol)).toMatchObject(notAllowed);
    expect(await remove(bob, groupId, ann)).toMatchObject(notAllowed);
    expect(await setRole(bob, groupId, dave, 'admin')).toMatchObject(notAllowed);
    expect(await change(bob, groupId, { name: 'Ours' })).toMatchObject({ status: 200, body: { name: 'Ours' } });
    expect((await remove(bob, groupId, dave)).status).toBe(204);
    expect((await remove(ann, groupId, bob)).status).toBe(204);
    expect(await roles(ann, groupId)).toEqual({ [ann.username]: 'owner', [carol.username]: 'admin' });
  });
});

describe('the log of a group', () => {
  test('R1 W51 every change is an entry with a dense seq for everybody, not counted as unread', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b, c] = [await ann.chat(), await bob.chat(), await carol.chat()];
    const groupId = await groupOf(ann, [bob]);
    await sayIn(a, groupId, 'one');
    await join(c, groupId);
    await change(ann, groupId, { name: 'Bouldering' });
    await change(ann, groupId, { access: 'invite' });
    await setRole(ann, groupId, bob, 'admin');
    await remove(bob, groupId, carol);
    await sayIn(a, groupId, 'two');

    await b.next('GROUP_CHAT', ({ content }) => content === 'two');
    expect((await inbox(b)).groups).toMatchObject([{ name: 'Bouldering', lastSeq: 9, ordinal: 2, unread: 2, role: 'admin' }]);
    const live = b.frames.filter((frame) => frame.type === 'GROUP_EVENT' || frame.type === 'GROUP_CHAT');
    expect(seqs(live)).toEqual(upTo(9).slice(1));
    const page = await groupHistory(b, groupId);
    expect(page).toMatchObject({ coversFrom: 1, coversTo: 9, hasMore: false });
    expect([...seqs(page.events), ...seqs(page.messages)].sort((x, y) => x - y)).toEqual(upTo(9));
    const ofTheLog = (entries: readonly object[]) => entries.map((entry) => ({ ...entry, name: null, group: null }));
    expect(ofTheLog(page.events.slice(1))).toEqual(ofTheLog(live.filter(({ type }) => type === 'GROUP_EVENT')));
    expect(await chronicle(a, groupId)).toEqual([
      'created Climbing',
      `added ${bob.username}`,
      `joined ${carol.username}`,
      'renamed Bouldering',
      'settings Bouldering',
      `role ${bob.username}`,
      `removed ${carol.username}`,
    ]);
  });

  test('W51 an entry says the group’s name as it was after it: in pages as live', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    await change(ann, groupId, { name: 'Bouldering' });
    await a.next('GROUP_EVENT', ({ event }) => event === 'renamed');
    await b.next('GROUP_EVENT', ({ event }) => event === 'renamed');
    const names = (events: readonly object[]) => events.map((event) => ('name' in event ? event.name : null));
    expect(names(b.of('GROUP_EVENT'))).toEqual(['Climbing', 'Bouldering']);
    expect(names((await groupHistory(b, groupId, { after: 1 })).events)).toEqual(['Climbing', 'Bouldering']);
  });

  test('W36 with visibility “joined” what was before one’s joining cannot be read, seen or changed; with “all” it can', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const [a, b, c] = [await ann.chat(), await bob.chat(), await carol.chat()];
    const hidden = await groupOf(ann, [], { visibility: 'joined' });
    const shown = await groupOf(ann, []);
    const before = await sayIn(a, hidden, 'Before.');
    await sayIn(a, shown, 'Before.');
    for (const groupId of [hidden, shown]) await join(b, groupId);

    expect(await groupHistory(b, hidden)).toMatchObject({ messages: [], coversFrom: 3, coversTo: 3, hasMore: false });
    for (const page of [{ before: 3 }, { after: 0, limit: 1 }, { before: 1 }]) {
      expect((await groupHistory(b, hidden, page)).messages).toEqual([]);
    }
    expect(contents((await groupHistory(b, shown)).messages)).toEqual(['Before.']);
    const { groups } = await inbox(b);
    expect(groups.find(({ groupId }) => groupId === hidden)).not.toHaveProperty('lastMessage');
    expect(groups.find(({ groupId }) => groupId === shown)?.lastMessage?.content).toBe('Before.');
    expect(groups.map(({ unread }) => unread)).toEqual([0, 0]);
    // Even as an admin, who may delete what others wrote.
    await setRole(ann, hidden, bob, 'admin');
    const { seq, messageId } = before;
    await refused(b, 'not_found', { type: 'DELETE_MESSAGE', groupId: hidden, seq, messageId });
    // An edit now of what was before is an entry that one sees; what it edited stays hidden.
    await sayIn(a, hidden, 'After.');
    expect(contents((await groupHistory(b, hidden)).messages)).toEqual(['After.']);
    // Who comes back reads from the new joining on.
    await leave(b, hidden);
    await sayIn(a, hidden, 'While Bob was out.');
    await join(b, hidden);
    expect((await groupHistory(b, hidden)).messages).toEqual([]);
    await refused(c, 'not_member', { type: 'GET_GROUP_CHAT_HISTORY', groupId: hidden });
  });
});

describe('whoever is out of a group', () => {
  /** Everything that a member can do or be told; none of it is for who is out. */
  async function expectNothing(out: Account, device: RawClient, groupId: string, insider: RawClient): Promise<void> {
    const { seq, messageId } = await sayIn(insider, groupId, 'Without them.');
    await insider.askFor('SUCCESS', { type: 'EDIT_MESSAGE', groupId, seq, messageId, content: 'Without them, edited.' });
    insider.send({ type: 'TYPING', groupId });
    await insider.askFor('SUCCESS', { type: 'READ', groupId, upTo: seq });
    await insider.askFor('SUCCESS', { type: 'DELETE_MESSAGE', groupId, seq, messageId });
    const ofGroup = (list: readonly object[]) => list.filter((frame) => JSON.stringify(frame).includes(groupId));
    const known = ofGroup(device.frames).length;
    await device.settle();
    expect(ofGroup(device.frames).slice(known)).toEqual([]);

    for (const command of [
      { type: 'GROUP_CHAT', groupId, content: 'Let me in.' },
      { type: 'GET_GROUP_CHAT_HISTORY', groupId },
      { type: 'EDIT_MESSAGE', groupId, seq, messageId, content: 'Mine.' },
      { type: 'DELETE_MESSAGE', groupId, seq, messageId },
      { type: 'ACK', groupId, upTo: seq },
      { type: 'READ', groupId, upTo: seq },
      { type: 'TYPING', groupId },
      { type: 'LEAVE_GROUP', groupId },
    ]) {
      await refused(device, 'not_member', command);
    }
    for (const path of ['', '/messages', '/members']) {
      const answer = await out.call('GET', `/groups/${groupId}${path}`);
      expect([path, answer.status, answer.body]).toMatchObject([path, 403, { error: { code: 'not_member' } }]);
    }
    expect((await inbox(device)).groups).toEqual([]);
  }

  test('D7 W30 removed: learns of that, and gets nothing afterwards, live or asked for', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b, laptop] = [await ann.chat(), await bob.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob], { access: 'invite' });
    const own = await sayIn(b, groupId, 'Mine.');
    await remove(ann, groupId, bob);
    for (const device of [b, laptop]) {
      expect(await device.next('GROUP_EVENT', ({ event }) => event === 'removed')).toMatchObject({
        username: bob.username,
        from: ann.username,
      });
    }
    await expectNothing(bob, b, groupId, a);
    const { seq, messageId } = own;
    await refused(b, 'not_member', { type: 'EDIT_MESSAGE', groupId, seq, messageId, content: 'Mine still.' });
    await refused(b, 'not_found', { type: 'JOIN_GROUP', groupId });
  });

  test('D7 W30 left: the other devices learn of that, and none gets anything afterwards', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b, laptop] = [await ann.chat(), await bob.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    await leave(b, groupId);
    await laptop.next('GROUP_EVENT', ({ event }) => event === 'left');
    await expectNothing(bob, b, groupId, a);
    await expectNothing(bob, laptop, groupId, a);
  });

  test('D7 R6 removed while many write: after the entry that takes him out, not one message more', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    const writing = upTo(200).map((n) => sayIn(a, groupId, `m${n}`));
    await b.next('GROUP_CHAT');
    await remove(ann, groupId, bob);
    await Promise.all(writing);
    await sayIn(a, groupId, 'The last.');
    const out = await b.next('GROUP_EVENT', ({ event }) => event === 'removed');
    await b.settle();
    const seen = b.of('GROUP_CHAT');
    expect(seqs(seen)).toEqual(upTo(out.seq - 1).slice(2));
    const { messages } = await groupHistory(a, groupId, { after: out.seq });
    expect(messages.length).toBeGreaterThan(0);
  });

  test('W30 who comes back gets what is said from then on, and INIT_DATA counts only that', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await ann.chat(), await bob.chat()];
    const groupId = await groupOf(ann, [bob]);
    await sayIn(a, groupId, 'Before.');
    await leave(b, groupId);
    await sayIn(a, groupId, 'Meanwhile.');
    await join(b, groupId);
    await sayIn(a, groupId, 'Again.');
    await b.next('GROUP_CHAT', ({ content }) => content === 'Again.');
    expect(contents(b.of('GROUP_CHAT'))).toEqual(['Before.', 'Again.']);
    expect((await inbox(b)).groups).toMatchObject([{ groupId, unread: 1 }]);
  });
});
