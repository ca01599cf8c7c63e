import type { Tick, TickOutcomes } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Outcome } from '../../../server/src/cluster/postgres/call.js';
import type { EntryKind } from '../../../server/src/ports/log.js';
import {
  newConversation,
  sendKeyOf,
  type ConversationRow,
  type JournalRow,
  type SendRow,
  type Tables,
} from './postgres-tables.js';

/* The function `tick` of the database (append.sql.ts, cursors.sql.ts), on the tables of the model. */

interface SendItem {
  i: number;
  n: number;
  c: string;
  s: string;
  m: string;
  t: string;
  k: string | null;
  h: number;
}
interface EntryItem {
  m: string;
  k: EntryKind;
  t: string;
  d: string | null;
  g: number | null;
}
interface ChangeItem {
  n: number;
  c: string;
  a: string;
  e: EntryItem[];
  v: number;
  p: [userId: string, role: string | null, entry: number][];
  s?: { name?: string; access?: string; visibility?: string; closed?: number };
  r?: { seq: number; id: string; content: string | null };
  f?: { id: string; kind: string; deleted: boolean };
  group?: { name: string; access: string; visibility: string };
}
interface MoveItem {
  i: number;
  c: string;
  u: string;
  d: number;
  r: number;
  lo?: number;
  hi?: number;
  mm?: number;
  oo?: number;
}

/** What a send finds of itself. */
export type LookUpSend = (tables: Tables, key: string) => SendRow | undefined;

/** One tick on locked conversations; `nowMs`: the database's clock once it had the locks. */
export function tick(
  tables: Tables,
  { sends, changes, moves }: Tick,
  bootId: string,
  nowMs: number,
  lookUp: LookUpSend,
): TickOutcomes {
  return {
    sends: appendSends(tables, sends as SendItem[], bootId, nowMs, lookUp),
    changes: (changes as ChangeItem[]).map((change) =>
      change.group === undefined ? appendChange(tables, change, bootId, nowMs) : createGroup(tables, change, bootId, nowMs),
    ),
    moves: (moves as MoveItem[]).map((move) => moveCursors(tables, move, nowMs)),
  };
}

/** As one statement: all of them are judged by what there was before any. */
function appendSends(tables: Tables, sends: SendItem[], bootId: string, nowMs: number, lookUp: LookUpSend): Outcome[] {
  const judged = sends.map((send) => ({ send, verdict: judge(tables, send, lookUp) }));
  return judged.map(({ send, verdict }) => (verdict === 'appended' ? place(tables, send, bootId, nowMs) : verdict));
}

function judge(tables: Tables, { c, s, k, h }: SendItem, lookUp: LookUpSend): Outcome {
  const chat = tables.conversations.get(c);
  if (chat === undefined) return 'not_member';
  const sent = k === null ? undefined : lookUp(tables, sendKeyOf(c, s, k));
  if (sent !== undefined) {
    if (sent.hash !== h) return 'client_id_reused';
    return ['repeated', sent.seq, sent.ordinal, sent.createdAt, chat.membersVersion, sent.messageId];
  }
  if (chat.closed !== 0) return 'group_closed';
  if (chat.blocked !== 0) return 'blocked';
  return tables.member(c, s) === undefined ? 'not_member' : 'appended';
}

function place(tables: Tables, { n, c, s, m, t, k, h }: SendItem, bootId: string, nowMs: number): Outcome {
  const chat = tables.conversations.get(c) as ConversationRow;
  const at = Math.max(chat.lastAt, nowMs);
  const [seq, ordinal] = [chat.lastSeq + 1, chat.lastOrdinal + 1];
  write(tables, {
    conversationId: c,
    seq,
    ordinal,
    messageId: m,
    kind: 'message',
    senderId: s,
    createdAt: at,
    content: t,
    detail: null,
    clientId: k,
    editedAt: null,
    deletedAt: null,
    targetSeq: null,
    membersVersion: chat.membersVersion,
    bootId,
    n,
  });
  if (k !== null) tables.sends.set(sendKeyOf(c, s, k), { seq, ordinal, messageId: m, hash: h, createdAt: at });
  Object.assign(chat, {
    lastSeq: seq,
    lastOrdinal: ordinal,
    lastMessageSeq: seq,
    lastAt: at,
    movedAt: Math.max(chat.movedAt, at),
    lastMessage: JSON.stringify([seq, ordinal, m, s, at, t, k, null, null]),
  });
  const own = tables.members(c).get(s);
  if (own !== undefined) own.sent += 1;
  return ['appended', seq, ordinal, at, chat.membersVersion, m];
}

function write(tables: Tables, row: JournalRow): void {
  const entries = tables.entries(row.conversationId);
  if (entries.has(row.seq)) throw new Error(`the journal has ${row.conversationId} ${row.seq} already`);
  entries.set(row.seq, row);
}

function appendChange(tables: Tables, change: ChangeItem, bootId: string, nowMs: number): Outcome {
  const chat = tables.conversations.get(change.c);
  if (chat === undefined) return 'not_found';
  if (chat.membersVersion !== change.v) return 'stale';
  let at = Math.max(chat.lastAt, nowMs);
  if (change.r !== undefined) {
    const refused = refusalToRevise(tables, chat, change.r, change.f);
    if (refused !== null) return refused;
    at = Math.max(chat.lastAt + 1, nowMs);
    revise(tables, chat, change.r, at);
  }
  const { name, access, visibility, closed } = change.s ?? {};
  const raises = change.p.length > 0 || access !== undefined || visibility !== undefined || closed !== undefined;
  const version = chat.membersVersion + (raises ? 1 : 0);
  appendEntries(tables, change, bootId, { seq: chat.lastSeq, ordinal: chat.lastOrdinal, at, version });
  const more = applyMembers(tables, change.p, chat, at);
  const first = chat.lastSeq + 1;
  Object.assign(chat, {
    lastSeq: chat.lastSeq + change.e.length,
    lastAt: at,
    movedAt: Math.max(chat.movedAt, at),
    membersVersion: version,
    memberCount: chat.memberCount + more,
    name: name ?? chat.name,
    access: access ?? chat.access,
    visibility: visibility ?? chat.visibility,
    closed: closed ?? chat.closed,
  });
  return ['appended', first, chat.lastOrdinal, at, version];
}

interface Above {
  seq: number;
  ordinal: number;
  at: number;
  version: number;
}

function appendEntries(tables: Tables, change: ChangeItem, bootId: string, { seq, ordinal, at, version }: Above): void {
  for (const [index, { m, k, t, d, g }] of change.e.entries()) {
    write(tables, {
      conversationId: change.c,
      seq: seq + 1 + index,
      ordinal,
      messageId: m,
      kind: k,
      senderId: change.a,
      createdAt: at,
      content: t,
      detail: d,
      clientId: null,
      editedAt: null,
      deletedAt: null,
      targetSeq: g,
      membersVersion: version,
      bootId,
      n: change.n + index,
    });
  }
}

function refusalToRevise(
  tables: Tables,
  chat: ConversationRow,
  { seq, id }: NonNullable<ChangeItem['r']>,
  archived: ChangeItem['f'],
): string | null {
  if (seq < 1 || seq > chat.lastSeq) return 'not_found';
  const entries = tables.entries(chat.id);
  const row = entries.get(seq);
  if (row === undefined && archived === undefined) return 'look';
  const isDeletedSince = [...entries.values()].some(({ targetSeq, kind }) => targetSeq === seq && kind === 'delete');
  const target =
    row !== undefined
      ? { id: row.messageId, kind: row.kind, deleted: row.deletedAt !== null }
      : { ...(archived as NonNullable<typeof archived>), deleted: archived?.deleted === true || isDeletedSince };
  if (target.id !== id || target.kind !== 'message') return 'not_found';
  return target.deleted ? 'message_deleted' : null;
}

function revise(tables: Tables, chat: ConversationRow, { seq, content }: NonNullable<ChangeItem['r']>, at: number): void {
  const entries = tables.entries(chat.id);
  const change = content === null ? { content: '', deletedAt: at } : { content, editedAt: at };
  const row = entries.get(seq);
  if (row !== undefined) Object.assign(row, change);
  if (content === null) {
    for (const entry of entries.values()) if (entry.targetSeq === seq && entry.kind === 'edit') entry.content = '';
  }
  if (chat.lastMessageSeq !== seq || chat.lastMessage === null) return;
  const last = JSON.parse(chat.lastMessage) as unknown[];
  last[5] = content ?? '';
  last[content === null ? 8 : 7] = at;
  chat.lastMessage = JSON.stringify(last);
}

function applyMembers(tables: Tables, people: ChangeItem['p'], chat: ConversationRow, at: number): number {
  const members = tables.members(chat.id);
  let more = 0;
  for (const [userId, role, entry] of people) {
    const seq = chat.lastSeq + 1 + entry;
    const row = members.get(userId);
    const isIn = row?.leftSeq === null;
    if (role === null) {
      if (row === undefined || !isIn) continue;
      Object.assign(row, { leftSeq: seq, movedAt: Math.max(row.movedAt, at) });
      tables.owed(userId).delete(chat.id);
      more -= 1;
    } else if (row !== undefined && isIn) {
      Object.assign(row, { role, movedAt: Math.max(row.movedAt, at) });
    } else {
      const sent = row?.sent ?? 0;
      members.set(userId, {
        userId,
        role,
        joinedSeq: seq,
        joinedAt: at,
        leftSeq: null,
        sent,
        delivered: seq - 1,
        read: seq - 1,
        readOrdinal: chat.lastOrdinal,
        readSent: sent,
        movedAt: Math.max(row?.movedAt ?? 0, at),
        muted: row?.muted ?? 0,
        pinned: row?.pinned ?? 0,
        archived: row?.archived ?? 0,
      });
      more += 1;
    }
  }
  return more;
}

function createGroup(tables: Tables, change: ChangeItem, bootId: string, nowMs: number): Outcome {
  const { name, access, visibility } = change.group as NonNullable<ChangeItem['group']>;
  const chat = newConversation({ id: change.c, kind: 'group', name, access, visibility }, nowMs);
  tables.conversations.set(chat.id, chat);
  appendEntries(tables, change, bootId, { seq: 0, ordinal: 0, at: nowMs, version: 1 });
  chat.memberCount = applyMembers(tables, change.p, chat, nowMs);
  chat.lastSeq = change.e.length;
  return ['appended', 1, 0, nowMs, 1];
}

function moveCursors(tables: Tables, move: MoveItem, nowMs: number): Outcome {
  const chat = tables.conversations.get(move.c);
  const member = tables.member(move.c, move.u);
  if (chat === undefined || member === undefined) return null;
  const { lastSeq, lastOrdinal } = chat;
  const before = { delivered: member.delivered, read: member.read };
  const readTo = Math.max(member.read, Math.min(move.r, lastSeq));
  const delivered = Math.max(member.delivered, readTo, Math.min(move.d, lastSeq));
  const mark = markAt(tables, move, chat, {
    read: member.read,
    readTo,
    ordinal: member.readOrdinal,
    own: member.readSent,
    sent: member.sent,
  });
  if (mark === null) return ['look', member.read, readTo, lastSeq];
  const unread = lastOrdinal - mark.ordinal - (member.sent - mark.own);
  if (delivered !== before.delivered || readTo !== before.read) {
    Object.assign(member, {
      delivered,
      read: readTo,
      readOrdinal: mark.ordinal,
      readSent: mark.own,
      movedAt: Math.max(member.movedAt, nowMs),
    });
    if (chat.kind === 'direct') chat.movedAt = Math.max(chat.movedAt, nowMs);
    const owed = tables.owed(move.u);
    if (delivered !== before.delivered && owed.has(move.c)) {
      if (delivered >= lastSeq) owed.delete(move.c);
      else owed.set(move.c, delivered + 1);
    }
  }
  return [delivered, readTo, unread, before.delivered, before.read];
}

interface ReadMove {
  read: number;
  readTo: number;
  /** At the read cursor. */
  ordinal: number;
  own: number;
  /** Of all the log. */
  sent: number;
}

/** The ordinal, and how many are the member's own, at `readTo`; null: the journal does not hold what is to be counted. */
function markAt(tables: Tables, move: MoveItem, chat: ConversationRow, at: ReadMove): { ordinal: number; own: number } | null {
  const { read, readTo, ordinal, own, sent } = at;
  if (readTo === read) return { ordinal, own };
  if (readTo === chat.lastSeq) return { ordinal: chat.lastOrdinal, own: sent };
  const { lo, hi, mm = 0, oo = 0 } = move;
  if (lo === read && hi === readTo) return { ordinal: ordinal + mm, own: own + oo };
  if (lo !== readTo && readTo - read < chat.lastSeq - readTo) {
    const below = count(tables, move, read, readTo);
    if (below.total === readTo - read) return { ordinal: ordinal + below.messages, own: own + below.own };
  }
  const from = lo === readTo && hi !== undefined ? hi : readTo;
  const above = count(tables, move, from, chat.lastSeq);
  if (above.total < chat.lastSeq - from) return null;
  const [moreMessages, moreOwn] = lo === readTo ? [mm, oo] : [0, 0];
  return { ordinal: chat.lastOrdinal - above.messages - moreMessages, own: sent - above.own - moreOwn };
}

function count(tables: Tables, { c, u }: MoveItem, low: number, high: number): { total: number; messages: number; own: number } {
  const counted = { total: 0, messages: 0, own: 0 };
  const entries = tables.entries(c);
  for (let seq = low + 1; seq <= high; seq++) {
    const entry = entries.get(seq);
    if (entry === undefined) continue;
    counted.total += 1;
    if (entry.kind !== 'message') continue;
    counted.messages += 1;
    if (entry.senderId === u) counted.own += 1;
  }
  return counted;
}
