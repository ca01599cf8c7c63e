import { LIMITS } from '@parley/protocol';
import {
  newConversation,
  pairOf,
  rowOf,
  type ConversationRow,
  type JournalRow,
  type MembershipRow,
  type Tables,
} from './postgres-tables.js';

/* The prepared statements of cluster/postgres/, by their names, on the tables of the model. */

type Rows = unknown[][];
type Run = (tables: Tables, values: never, nowMs: number) => Rows;

const ENTRY_WIDTH = 12;
const LATELY_MS = 10_000;

/** A statement that is not here is not modelled yet. */
export const STATEMENTS: Readonly<Record<string, Run>> = {
  page_newest: (tables, [id, from, to, limit]: readonly [string, number, number, number]) => {
    const chat = tables.conversations.get(id);
    if (chat === undefined) return [];
    const high = Math.min(to, chat.lastSeq);
    return page(tables, chat, Math.max(from, high - limit + 1), high);
  },
  page_oldest: (tables, [id, from, to, limit]: readonly [string, number, number, number]) => {
    const chat = tables.conversations.get(id);
    return chat === undefined ? [] : page(tables, chat, from, Math.min(to, from + limit - 1));
  },
  revisions: (tables, [id, from, to]: readonly [string, number, number]) =>
    bySeq(tables, id)
      .filter(({ targetSeq }) => targetSeq !== null && targetSeq >= from && targetSeq <= to)
      .map(rowOf),
  journal_own: (tables, [boot, from, to, limit]: readonly [string, number, number, number]) =>
    [...tables.allEntries()]
      .filter(({ bootId, n }) => bootId === boot && n >= from && n <= to)
      .sort((a, b) => a.n - b.n)
      .slice(0, limit)
      .map((row) => [row.n, ...rowOf(row)]),
  set_mark: (tables, [boot, upto]: readonly [string, number]) => {
    tables.marks.set(boot, Math.max(upto, tables.marks.get(boot) ?? 0));
    return [];
  },
  boots_behind: (tables) => [...bootsBehind(tables, tables.allEntries())].sort().map((boot) => [boot]),
  moved_since: (tables, [users, since, boot, limit]: readonly [string[], number | null, string, number], nowMs) => {
    const from = since ?? nowMs - LATELY_MS;
    const moved: Rows = [];
    for (const id of [...tables.journal.keys()].sort()) {
      const entries = bySeq(tables, id).filter(({ createdAt, bootId }) => createdAt >= from && bootId !== boot);
      const [first, last] = [entries[0], entries.at(-1)];
      if (first === undefined || last === undefined) continue;
      const members = tables.members(id);
      const concerns = users.some((userId) => {
        const leftSeq = members.get(userId)?.leftSeq;
        return leftSeq === null || (leftSeq !== undefined && leftSeq >= first.seq);
      });
      if (concerns) moved.push([nowMs, id, first.seq, last.seq, Math.min(...entries.map(({ createdAt }) => createdAt))]);
    }
    return moved.length === 0 ? [[nowMs, null, null, null, null]] : moved.slice(0, limit);
  },
  open: (tables, [id, userId]: readonly [string, string]) => {
    const chat = tables.conversations.get(id);
    const member = tables.member(id, userId);
    return chat === undefined || member === undefined ? [] : [openedOf(tables, chat, member)];
  },
  group: (tables, [id]: readonly [string]) => {
    const chat = tables.conversations.get(id);
    if (chat?.kind !== 'group') return [];
    return [[chat.id, chat.name, chat.access, chat.visibility, chat.closed, chat.memberCount, chat.membersVersion]];
  },
  direct: (tables, [low, high]: readonly [string, string]) => {
    const id = tables.friendships.get(pairOf(low, high));
    return id === undefined ? [] : [[id]];
  },
  open_direct: (tables, [low, high, newId]: readonly [string, string, string], nowMs) => [
    [openDirect(tables, low, high, newId, nowMs)],
  ],
  roster: (tables, [id]: readonly [string]) => {
    const chat = tables.conversations.get(id);
    if (chat === undefined) return [];
    const members = tables.present(id).map(({ userId, role, joinedSeq }) => [userId, role, joinedSeq]);
    return [[chat.kind, chat.membersVersion, chat.blocked, chat.name, JSON.stringify(members)]];
  },
  members: (tables, [id, after, limit]: readonly [string, string, number]) =>
    tables
      .present(id)
      .map((row) => ({ row, account: tables.accounts.get(row.userId), name: tables.accounts.get(row.userId)?.username ?? '' }))
      .filter(({ name }) => name.toLowerCase() > after)
      .sort((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
      .slice(0, limit)
      .map(({ row, account, name }) => [
        row.userId,
        name,
        account?.displayName ?? null,
        account?.colour ?? null,
        row.role,
        row.joinedSeq,
        row.joinedAt,
        row.delivered,
        row.read,
      ]),
  memberships: (tables, [userId, after, limit]: readonly [string, string, number]) =>
    [...tables.memberships.keys()]
      .filter((id) => id > after && tables.members(id).has(userId))
      .sort()
      .slice(0, limit)
      .map((id) => {
        const chat = tables.conversations.get(id) as ConversationRow;
        const row = tables.members(id).get(userId) as MembershipRow;
        const peer = [...tables.members(id).keys()].find((other) => other !== userId);
        const peerName = chat.kind === 'direct' ? (tables.accounts.get(peer ?? '')?.username ?? null) : null;
        const settings = [row.muted, row.pinned, row.archived];
        return [id, chat.kind, chat.name, row.role, row.joinedAt, row.leftSeq, row.sent, chat.lastSeq, ...settings, peerName];
      }),
  set_settings: (
    tables,
    [muted, pinned, archived, id, userId]: readonly [number | null, number | null, number | null, string, string],
    nowMs,
  ) => {
    const row = tables.member(id, userId);
    if (row === undefined) return [];
    Object.assign(row, {
      muted: muted ?? row.muted,
      pinned: pinned ?? row.pinned,
      archived: archived ?? row.archived,
      movedAt: Math.max(row.movedAt, nowMs),
    });
    return [[row.muted, row.pinned, row.archived]];
  },
  inbox: (tables, [userId, since, beforeAt, beforeId, limit]: readonly [string, number, number, string, number]) =>
    chatsOf(tables, userId)
      .map(({ chat, member }) => ({ chat, member, movedAt: Math.max(chat.movedAt, member.movedAt) }))
      .filter(({ chat, movedAt }) => movedAt >= since && (movedAt < beforeAt || (movedAt === beforeAt && chat.id < beforeId)))
      .sort((a, b) => b.movedAt - a.movedAt || compare(b.chat.id, a.chat.id))
      .slice(0, limit)
      .map(({ chat, member, movedAt }) => {
        const peers = chat.kind === 'direct' ? [...tables.members(chat.id).values()] : [];
        const peer = peers.find((other) => other.userId !== userId);
        const cursors = [peer?.userId ?? null, peer?.delivered ?? null, peer?.read ?? null];
        return [...openedOf(tables, chat, member), movedAt, ...cursors, chat.lastMessage];
      }),
  left_since: (tables, [userId, since]: readonly [string, number]) =>
    [...tables.memberships].flatMap(([id, members]) => {
      const row = members.get(userId);
      return row !== undefined && row.leftSeq !== null && row.movedAt >= since ? [[id]] : [];
    }),
  now: (_tables, _values, nowMs) => [[nowMs]],
  friends: (tables, [userId]: readonly [string]) =>
    [...tables.friendships].flatMap(([pair, id]) => {
      const two = pair.split(' ');
      const friend = two.find((other) => other !== userId);
      if (!two.includes(userId) || friend === undefined || tables.conversations.get(id)?.blocked !== 0) return [];
      return [[friend, tables.accounts.get(friend)?.username, id]];
    }),
  acquainted: (tables, [userId, others]: readonly [string, string[]]) =>
    others
      .filter((other) => tables.blocksBetween(userId, other) === 0)
      .filter((other) =>
        chatsOf(tables, userId).some(({ chat }) => chat.closed === 0 && tables.member(chat.id, other) !== undefined),
      )
      .map((other) => [other]),
  blocked_among: (tables, [userId, others]: readonly [string, string[]]) =>
    others
      .filter((other) => tables.blocksBetween(userId, other) > 0 || (tables.accounts.get(other)?.closedAt ?? null) !== null)
      .map((other) => [other]),
  blocks: (tables, [userId]: readonly [string]) =>
    [...tables.blocks]
      .filter(([pair]) => pair.startsWith(`${userId} `))
      .map(([pair, since]) => [tables.accounts.get(pair.slice(userId.length + 1))?.username ?? '', since] as [string, number])
      .sort(([a], [b]) => compare(a.toLowerCase(), b.toLowerCase())),
  set_block: (tables, [blocker, other, blocking, at]: readonly [string, string, boolean, number], nowMs) => [
    [setBlock(tables, blocker, other, blocking, at, nowMs)],
  ],
  note_missed: (tables, [id, people, missed]: readonly [string, string[], number]) => {
    for (const userId of people) {
      const row = tables.member(id, userId);
      const owed = tables.owed(userId);
      if (row !== undefined && row.delivered < missed && !owed.has(id)) owed.set(id, row.delivered + 1);
    }
    return [[null]];
  },
  rebuild_missed: (tables, [userId]: readonly [string]) => {
    const owed = tables.owed(userId);
    for (const { chat, member } of chatsOf(tables, userId)) {
      if (member.delivered >= chat.lastSeq || chat.memberCount > LIMITS.receiptsPushedUpToMembers) continue;
      if (!owed.has(chat.id)) owed.set(chat.id, member.delivered + 1);
    }
    return [[null]];
  },
  pending: (tables, [userId, limit]: readonly [string, number]) =>
    [...tables.owed(userId)].sort(([a], [b]) => compare(a, b)).slice(0, limit),
  offline_size: (tables) => [[[...tables.offline.values()].reduce((sum, owed) => sum + owed.size, 0)]],
};

/** Boots of these entries with some above their mark. */
export function bootsBehind(tables: Tables, entries: Iterable<JournalRow>): Set<string> {
  const behind = new Set<string>();
  for (const { bootId, n } of entries) if (n > (tables.marks.get(bootId) ?? 0)) behind.add(bootId);
  return behind;
}

function page(tables: Tables, chat: ConversationRow, from: number, to: number): Rows {
  const entries = tables.entries(chat.id);
  const rows: Rows = [];
  for (let seq = Math.max(from, 1); seq <= Math.min(to, chat.lastSeq); seq++) {
    const row = entries.get(seq);
    if (row !== undefined) rows.push([chat.lastSeq, ...rowOf(row)]);
  }
  return rows.length === 0 ? [[chat.lastSeq, ...Array.from({ length: ENTRY_WIDTH }, () => null)]] : rows;
}

const bySeq = (tables: Tables, id: string): JournalRow[] => [...tables.entries(id).values()].sort((a, b) => a.seq - b.seq);

function chatsOf(tables: Tables, userId: string): { chat: ConversationRow; member: MembershipRow }[] {
  return [...tables.conversations.values()].flatMap((chat) => {
    const member = tables.member(chat.id, userId);
    return member === undefined ? [] : [{ chat, member }];
  });
}

function openedOf(tables: Tables, chat: ConversationRow, member: MembershipRow): unknown[] {
  const two = chat.kind === 'direct' ? [...tables.members(chat.id).keys()].sort() : [null, null];
  const { role, joinedSeq, joinedAt, delivered, read, readOrdinal, readSent, sent, muted, pinned, archived } = member;
  const unread = chat.lastOrdinal - readOrdinal - (sent - readSent);
  return [
    ...OPENED.map((column) => chat[column]),
    ...two,
    ...[role, joinedSeq, joinedAt, delivered, read, unread, muted, pinned, archived],
  ];
}

/** In the order in which the statement asks for them. */
const OPENED = [
  'id',
  'kind',
  'lastSeq',
  'lastOrdinal',
  'lastAt',
  'createdAt',
  'membersVersion',
  'memberCount',
  'name',
  'access',
  'visibility',
  'closed',
  'blocked',
] as const satisfies readonly (keyof ConversationRow)[];

function openDirect(tables: Tables, low: string, high: string, newId: string, nowMs: number): [string, boolean] | null {
  const isClosed = [low, high].some((id) => (tables.accounts.get(id)?.closedAt ?? null) !== null);
  if (tables.blocksBetween(low, high) > 0 || isClosed) return null;
  const existing = tables.friendships.get(pairOf(low, high));
  if (existing !== undefined) return [existing, existing === newId];
  tables.conversations.set(newId, newConversation({ id: newId, kind: 'direct', memberCount: 2 }, nowMs));
  tables.friendships.set(pairOf(low, high), newId);
  for (const userId of [low, high]) {
    tables.members(newId).set(userId, {
      userId,
      role: 'member',
      joinedSeq: 1,
      joinedAt: nowMs,
      leftSeq: null,
      sent: 0,
      delivered: 0,
      read: 0,
      readOrdinal: 0,
      readSent: 0,
      movedAt: nowMs,
      muted: 0,
      pinned: 0,
      archived: 0,
    });
  }
  return [newId, true];
}

function setBlock(tables: Tables, blocker: string, other: string, blocking: boolean, at: number, nowMs: number) {
  const [low, high] = [blocker, other].sort() as [string, string];
  const id = tables.friendships.get(pairOf(low, high)) ?? null;
  const pair = pairOf(blocker, other);
  const isChanged = blocking ? !tables.blocks.has(pair) : tables.blocks.delete(pair);
  if (blocking && isChanged) tables.blocks.set(pair, at);
  if (blocking) tables.everBlocked.add(pairOf(low, high));
  const between = tables.blocksBetween(low, high);
  const chat = id === null ? undefined : tables.conversations.get(id);
  if (isChanged && chat !== undefined) {
    Object.assign(chat, { blocked: between, membersVersion: chat.membersVersion + 1, movedAt: Math.max(chat.movedAt, nowMs) });
  }
  return [id, between > 0, isChanged];
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
