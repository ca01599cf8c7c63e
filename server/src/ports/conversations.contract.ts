import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { InboxQuery } from './conversations.js';
import { entry, only, range, Stage, type OpenStores } from './stage.contract.js';

const NONE = { muted: false, pinned: false, archived: false };

/** What every store of conversations, inboxes and contacts keeps. */
export function conversationsContract(name: string, open: OpenStores): void {
  describe(`direct chats on ${name}`, () => {
    directChats(new Stage(open));
  });
  describe(`groups on ${name}`, () => {
    groups(new Stage(open));
  });
  describe(`inboxes on ${name}`, () => {
    inboxes(new Stage(open));
  });
  describe(`contacts on ${name}`, () => {
    contacts(new Stage(open));
  });
}

function directChats(stage: Stage): void {
  it('two people have one direct chat, however they race to start it', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const openings = await Promise.all(
      range(1, 20).map((n) => {
        const [from, to] = n % 3 === 0 ? [b, a] : [a, b];
        return stage.node(n).conversations.openDirect(from, to, randomUUID(), Date.now());
      }),
    );
    expect(new Set(openings.map((opened) => opened?.id)).size).toBe(1);
    expect(openings.filter((opened) => opened?.created)).toHaveLength(1);
    expect(await stage.node(1).conversations.direct(b, a)).toBe(openings[0]?.id);
  });

  it('D7 is seen by the two, and by nobody else', async () => {
    const [a, b, stranger] = (await stage.people(3)) as [string, string, string];
    const chat = await stage.direct(a, b);
    const { conversation, membership } = await stage.opened(a, chat);
    expect(conversation).toMatchObject({
      kind: 'direct',
      id: chat,
      userIds: [a, b].sort(),
      blocked: false,
      lastSeq: 0,
      ordinal: 0,
    });
    expect(membership).toEqual({
      role: 'member',
      joinedSeq: 1,
      joinedAt: expect.any(Number),
      delivered: 0,
      read: 0,
      unread: 0,
      settings: NONE,
    });
    expect(await stage.node().conversations.open(stranger, chat)).toBeNull();
    expect(await stage.node().conversations.direct(a, stranger)).toBeNull();
  });

  it('D7 no chat starts over a block, also one from before there was a chat', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const opening = () => stage.node().conversations.openDirect(a, b, randomUUID(), Date.now());
    expect(await stage.node().contacts.setBlock(b, a, true, Date.now())).toEqual({
      conversationId: null,
      blocked: true,
      changed: true,
    });
    expect(await opening()).toBeNull();
    await stage.node(1).contacts.setBlock(b, a, false, Date.now());
    expect(await opening()).toMatchObject({ created: true });
    await stage.node().contacts.setBlock(a, b, true, Date.now());
    expect(await opening()).toBeNull();
  });

  it('R6 a block closes the chat and raises its version; two blocks need two unblocks', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    const block = (by: string, of: string, blocked: boolean) => stage.node().contacts.setBlock(by, of, blocked, Date.now());
    const before = await stage.version(chat);
    expect(await block(a, b, true)).toEqual({ conversationId: chat, blocked: true, changed: true });
    expect(await block(a, b, true)).toEqual({ conversationId: chat, blocked: true, changed: false });
    expect(await stage.version(chat)).toBe(before + 1);
    await block(b, a, true);
    expect(await block(a, b, false)).toMatchObject({ blocked: true, changed: true });
    expect(await stage.node(1).conversations.roster(chat)).toMatchObject({ blocked: true });
    expect(await block(b, a, false)).toMatchObject({ blocked: false, changed: true });
    expect((await stage.opened(a, chat)).conversation).toMatchObject({ blocked: false });
  });
}

function groups(stage: Stage): void {
  it('R1 a group begins with its first entries and members', async () => {
    const [a, b, c] = (await stage.people(3)) as [string, string, string];
    const messageIds = [randomUUID(), randomUUID(), randomUUID()];
    const id = randomUUID();
    const at = Date.now();
    const appended = await stage.node().conversations.createGroup({
      id,
      ownerId: a,
      name: 'Climbing',
      access: 'invite',
      visibility: 'joined',
      memberIds: [b, c],
      messageIds,
      at,
    });
    expect(appended).toMatchObject({ repeated: false, membersVersion: await stage.version(id) });
    expect(appended.entries).toEqual(await stage.entries(id));
    expect(appended.entries.map(({ seq, kind, messageId }) => [seq, kind, messageId])).toEqual([
      [1, 'created', messageIds[0]],
      [2, 'added', messageIds[1]],
      [3, 'added', messageIds[2]],
    ]);
    expect(await stage.node(1).conversations.group(id)).toEqual({
      kind: 'group',
      id,
      name: 'Climbing',
      access: 'invite',
      visibility: 'joined',
      closed: false,
      memberCount: 3,
      membersVersion: appended.membersVersion,
    });
    expect((await stage.opened(c, id)).membership).toMatchObject({
      role: 'member',
      joinedSeq: 3,
      joinedAt: appended.entries[2]?.createdAt,
      read: 2,
      unread: 0,
    });
  });

  it('D7 only who is a member now opens it', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await stage.leave(group, b);
    expect(await stage.node(1).conversations.open(b, group)).toBeNull();
    expect(await stage.node().conversations.group(randomUUID())).toBeNull();
    expect(await stage.node().conversations.roster(randomUUID())).toBeNull();
  });

  it('R6 the roster is the members of its version', async () => {
    const [a, b, c] = (await stage.people(3)) as [string, string, string];
    const group = await stage.group(a, [b]);
    const joined = await stage.join(group, c, 'admin');
    await stage.leave(group, b);
    const roster = await stage.node(1).conversations.roster(group);
    expect(roster).toMatchObject({ kind: 'group', name: 'Climbing', blocked: false, membersVersion: joined.membersVersion + 1 });
    expect(roster?.members).toEqual(
      new Map([
        [a, { role: 'owner', joinedSeq: 1 }],
        [c, { role: 'admin', joinedSeq: 3 }],
      ]),
    );
  });

  it('settings and names are as the last change left them', async () => {
    const a = await stage.person();
    const group = await stage.group(a);
    await stage.change(group, a, { entries: [entry('renamed')], set: { name: 'Hiking' } });
    await stage.change(group, a, { entries: [entry('settings')], set: { visibility: 'joined' } });
    await stage.change(group, a, { entries: [entry('closed')], set: { closed: true } });
    expect(await stage.node(1).conversations.group(group)).toMatchObject({
      name: 'Hiking',
      access: 'open',
      visibility: 'joined',
      closed: true,
    });
  });

  it('D9 members come by username without case, page by page', async () => {
    const suffix = randomUUID().slice(0, 6);
    const names = ['Bo', 'al', 'Cy', 'di', 'Ed'].map((name) => `${name}${suffix}`);
    const [owner, ...others] = (await Promise.all(names.map((name) => stage.person(name, true)))) as [string, ...string[]];
    const group = await stage.group(owner, others);
    const seen: string[] = [];
    for (;;) {
      const page = await stage.node(seen.length).conversations.members(group, seen.at(-1), 2);
      seen.push(...page.map((member) => member.username));
      if (page.length < 2) break;
    }
    expect(seen).toEqual([...names].sort((x, y) => (x.toLowerCase() < y.toLowerCase() ? -1 : 1)));
  });

  it('R20 members are shown with their cursors', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await stage.send(group, a);
    await stage.node().log.moveCursor({ conversationId: group, userId: b, delivered: 3, read: 2 });
    const members = await stage.node(1).conversations.members(group, undefined, 10);
    expect(members.find((member) => member.userId === b)).toMatchObject({ role: 'member', joinedSeq: 2, delivered: 3, read: 2 });
  });

  it('W70 members are shown with how they want to be seen', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [b]);
    await stage.node().accounts.setProfile(b, { displayName: 'Bob', colour: 'sea' });
    const members = await stage.node(1).conversations.members(group, undefined, 10);
    expect(members.find((member) => member.userId === a)).toMatchObject({ displayName: null, colour: null });
    expect(members.find((member) => member.userId === b)).toMatchObject({ displayName: 'Bob', colour: 'sea' });
  });
}

function inboxes(stage: Stage): void {
  const inbox = (userId: string, more: Partial<InboxQuery> = {}, turn = 1) =>
    stage.node(turn).inbox.inbox({ userId, limit: 100, ...more });
  const idsOf = async (userId: string, more: Partial<InboxQuery> = {}) =>
    (await inbox(userId, more)).items.map((item) => item.conversation.id);

  it('D6 an item says what is new, and from whom', async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    const [chat, group] = [await stage.direct(a, b), await stage.group(a, [b])];
    await stage.send(chat, a, { content: 'one' });
    const last = only(await stage.send(chat, a, { content: 'two' }));
    await stage.revise(chat, a, last, 'two!');
    await stage.node().log.moveCursor({ conversationId: chat, userId: a, delivered: 3, read: 1 });
    const { items, hasMore } = await inbox(b);
    expect(hasMore).toBe(false);
    expect(items.find((item) => item.conversation.id === chat)).toMatchObject({
      conversation: { kind: 'direct', lastSeq: 3, ordinal: 2, userIds: [a, b].sort() },
      membership: { unread: 2, delivered: 0, read: 0 },
      peer: { userId: a, delivered: 3, read: 1 },
      lastMessage: { seq: 2, content: 'two!', senderId: a },
    });
    expect(items.find((item) => item.conversation.id === group)).toMatchObject({
      conversation: { kind: 'group', name: 'Climbing', memberCount: 2, lastSeq: 2 },
      membership: { role: 'member', joinedSeq: 2, unread: 0 },
      peer: null,
      lastMessage: null,
    });
    expect(items.map((item) => item.membership)).toEqual([
      (await stage.opened(b, (items[0] as (typeof items)[number]).conversation.id)).membership,
      (await stage.opened(b, (items[1] as (typeof items)[number]).conversation.id)).membership,
    ]);
  });

  it('R16 pages hold every conversation once, what moved last first', async () => {
    const me = await stage.person();
    const others = await stage.people(23);
    const at = Date.now();
    const chats = await Promise.all(others.map((other) => stage.direct(me, other)));
    await Promise.all(chats.map((chat, n) => stage.send(chat, others[n] as string, { at: at + (n % 5) })));
    const seen: { movedAt: number; id: string }[] = [];
    for (let more = true; more;) {
      const after = seen.at(-1);
      const page = await inbox(me, { limit: 4, ...(after && { after }) }, seen.length);
      seen.push(...page.items.map((item) => ({ movedAt: item.movedAt, id: item.conversation.id })));
      more = page.hasMore;
    }
    expect(seen.map((item) => item.id).sort()).toEqual([...chats].sort());
    expect(seen).toEqual([...seen].sort((x, y) => y.movedAt - x.movedAt || (x.id < y.id ? 1 : -1)));
  });

  it('R16 since a time: what had a new entry', async () => {
    const [me, a, b] = (await stage.people(3)) as [string, string, string];
    const [one] = [await stage.direct(me, a), await stage.direct(me, b)];
    const since = await stage.later();
    expect(await idsOf(me, { since })).toEqual([]);
    await stage.send(one, a);
    expect(await idsOf(me, { since })).toEqual([one]);
  });

  it('R16 since a time: where one’s own cursors moved, and in a direct chat the other’s', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const [chat, group] = [await stage.direct(me, a), await stage.group(a, [me])];
    await stage.send(chat, me);
    const first = await stage.later();
    await stage.node().log.moveCursor({ conversationId: group, userId: me, delivered: 2 });
    expect(await idsOf(me, { since: first })).toEqual([group]);
    const second = await stage.later();
    await stage.node().log.moveCursor({ conversationId: chat, userId: a, delivered: 1 });
    expect(await idsOf(me, { since: second })).toEqual([chat]);
    expect(await idsOf(a, { since: second })).toEqual([chat]);
  });

  it('R16 since a time: where one joined or was blocked', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const [chat, group] = [await stage.direct(me, a), await stage.group(a)];
    const first = await stage.later();
    await stage.join(group, me);
    expect(await idsOf(me, { since: first })).toEqual([group]);
    const second = await stage.later();
    await stage.node().contacts.setBlock(a, me, true, Date.now());
    expect(await idsOf(me, { since: second })).toEqual([chat]);
    expect((await inbox(me, { since: second })).items[0]?.conversation).toMatchObject({ blocked: true });
  });

  it('W65 R16 settings are one member’s own, change by what is given, and move the item', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const [chat, group] = [await stage.direct(me, a), await stage.group(a, [me])];
    const set = (id: string, change: object, turn = 0) => stage.node(turn).conversations.setSettings(me, id, change, Date.now());
    const since = await stage.later();
    expect(await set(chat, { pinned: true })).toEqual({ ...NONE, pinned: true });
    expect(await set(chat, { muted: true }, 1)).toEqual({ ...NONE, pinned: true, muted: true });
    expect(await set(chat, { pinned: false, archived: true })).toEqual({ pinned: false, muted: true, archived: true });
    expect(await idsOf(me, { since })).toEqual([chat]);
    expect((await inbox(me, { since })).items[0]?.membership.settings).toEqual({ pinned: false, muted: true, archived: true });
    expect((await stage.opened(me, group)).membership.settings).toEqual(NONE);
    expect((await stage.opened(a, chat)).membership.settings).toEqual(NONE);
    expect(await idsOf(a, { since })).toEqual([]);
  });

  it('W65 settings race without losing one another; a message changes none; they stay for who comes back', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [me]);
    const set = (change: object, turn: number) => stage.node(turn).conversations.setSettings(me, group, change, Date.now());
    await Promise.all([set({ muted: true }, 0), set({ pinned: true }, 1), set({ archived: true }, 0)]);
    await stage.send(group, a);
    const all = { muted: true, pinned: true, archived: true };
    expect((await stage.opened(me, group)).membership.settings).toEqual(all);
    await stage.leave(group, me);
    expect(await set({ muted: false }, 1)).toBeNull();
    await stage.join(group, me);
    expect((await stage.opened(me, group)).membership.settings).toEqual(all);
  });

  it('R16 tells what was left since, once it is left and until it is joined again', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const group = await stage.group(a, [me]);
    const since = await stage.later();
    const left = (turn: number, from = since) => stage.node(turn).inbox.leftSince(me, from);
    expect(await left(0)).toEqual([]);
    await stage.leave(group, me);
    expect(await left(1)).toEqual([group]);
    expect(await idsOf(me)).toEqual([]);
    expect(await left(0, await stage.later())).toEqual([]);
    await stage.join(group, me);
    expect(await left(1)).toEqual([]);
    expect(await idsOf(me)).toEqual([group]);
  });
}

function contacts(stage: Stage): void {
  it('P1 friends are those with a direct chat, without blocks either way', async () => {
    const [me, a, b, c] = (await stage.people(4)) as [string, string, string, string];
    const [withA] = [await stage.direct(me, a), await stage.direct(b, me), await stage.group(me, [c])];
    await stage.node().contacts.setBlock(b, me, true, Date.now());
    const [account] = await stage.node().accounts.byIds([a]);
    expect(await stage.node(1).contacts.friends(me)).toEqual([{ userId: a, username: account?.username, conversationId: withA }]);
    expect(await stage.node(1).contacts.friends(b)).toEqual([]);
  });

  it('P1 acquainted are friends and who shares a group that is open, without blocks', async () => {
    const people = (await stage.people(7)) as [string, string, string, string, string, string, string];
    const [me, friend, inGroup, blocked, wasInGroup, inClosed, stranger] = people;
    await stage.direct(me, friend);
    const group = await stage.group(me, [inGroup, blocked, wasInGroup]);
    await stage.leave(group, wasInGroup);
    const closed = await stage.group(me, [inClosed]);
    await stage.change(closed, me, { entries: [entry('closed')], set: { closed: true } });
    await stage.node().contacts.setBlock(blocked, me, true, Date.now());
    const others = [friend, inGroup, blocked, wasInGroup, inClosed, stranger];
    expect((await stage.node(1).contacts.acquainted(me, others)).sort()).toEqual([friend, inGroup].sort());
    expect(await stage.node().contacts.acquainted(me, [])).toEqual([]);
  });

  it('W66 with a closed account no chat starts, and it counts as blocked', async () => {
    const [me, a, b] = (await stage.people(3)) as [string, string, string];
    await stage.node().accounts.close(a, Date.now());
    for (const [from, to] of [
      [me, a],
      [a, me],
    ] as const)
      expect(await stage.node(1).conversations.openDirect(from, to, randomUUID(), Date.now())).toBeNull();
    expect(await stage.node(1).contacts.blockedAmong(me, [a, b])).toEqual([a]);
  });

  it('W66 an account that is closed while chats with it start is in none that the closing does not see', async () => {
    const [me, ...others] = (await stage.people(16)) as [string, ...string[]];
    const opening = others.map((other, n) => stage.node(n).conversations.openDirect(other, me, randomUUID(), Date.now()));
    await stage.node(1).accounts.close(me, Date.now());
    const seen = (await stage.node(1).conversations.memberships(me, undefined, 100)).map(({ conversationId }) => conversationId);
    const opened = (await Promise.all(opening)).flatMap((chat) => (chat === null ? [] : [chat.id]));
    expect(seen).toEqual(opened.toSorted());
  });

  it('W67 memberships are all that one is or was in, page by page', async () => {
    const [me, a] = (await stage.people(2)) as [string, string];
    const [chat, group, left] = [await stage.direct(me, a), await stage.group(me), await stage.group(a, [me], { name: 'Left' })];
    for (const id of [chat, left, left]) await stage.send(id, me);
    await stage.send(left, a);
    await stage.leave(left, me);
    await stage.node().conversations.setSettings(me, chat, { muted: true }, Date.now());
    const memberships = (after?: string, limit = 100) => stage.node(1).conversations.memberships(me, after, limit);
    const all = await memberships();
    const [account] = await stage.node().accounts.byIds([a]);
    const common = { joinedAt: expect.any(Number), settings: NONE };
    expect(new Map(all.map((record) => [record.conversationId, record]))).toEqual(
      new Map([
        [
          chat,
          {
            ...common,
            conversationId: chat,
            kind: 'direct',
            name: '',
            peer: account?.username,
            role: 'member',
            isMember: true,
            sent: 1,
            lastSeq: 1,
            settings: { ...NONE, muted: true },
          },
        ],
        [
          group,
          {
            ...common,
            conversationId: group,
            kind: 'group',
            name: 'Climbing',
            peer: null,
            role: 'owner',
            isMember: true,
            sent: 0,
            lastSeq: 1,
          },
        ],
        [
          left,
          {
            ...common,
            conversationId: left,
            kind: 'group',
            name: 'Left',
            peer: null,
            role: 'member',
            isMember: false,
            sent: 2,
            lastSeq: 6,
          },
        ],
      ]),
    );
    const [first, second] = [await memberships(undefined, 2), await memberships(all[1]?.conversationId, 2)];
    expect([...first, ...second]).toEqual(all);
    expect(all.map(({ conversationId }) => conversationId)).toEqual([chat, group, left].toSorted());
  });

  it('D7 blocks are listed to who made them, and found either way', async () => {
    const [me, a, b, c] = (await stage.people(4)) as [string, string, string, string];
    const at = Date.now();
    await stage.node().contacts.setBlock(me, a, true, at);
    await stage.node().contacts.setBlock(b, me, true, at);
    const [account] = await stage.node().accounts.byIds([a]);
    expect(await stage.node(1).contacts.blocks(me)).toEqual([{ username: account?.username, since: at }]);
    expect((await stage.node(1).contacts.blockedAmong(me, [a, b, c])).sort()).toEqual([a, b].sort());
  });
}
