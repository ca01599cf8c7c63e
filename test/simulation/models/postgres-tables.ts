import type { Account, SessionRow } from '../../../server/src/ports/accounts.js';
import type { AuditEntry } from '../../../server/src/ports/audit.js';
import type { Entry } from '../../../server/src/ports/log.js';
import type { EntryRow } from '../../../server/src/sql/rows.js';

/* The tables of the model, as migrations make them, and what several statements read of them. */

export interface ConversationRow {
  id: string;
  kind: 'direct' | 'group';
  lastSeq: number;
  lastOrdinal: number;
  lastMessageSeq: number;
  lastAt: number;
  movedAt: number;
  createdAt: number;
  membersVersion: number;
  memberCount: number;
  name: string;
  access: string;
  visibility: string;
  closed: number;
  blocked: number;
  /** As the column has it: JSON. */
  lastMessage: string | null;
}

/** A conversation in which nothing has been said. */
export function newConversation(
  of: Pick<ConversationRow, 'id' | 'kind'> & Partial<ConversationRow>,
  nowMs: number,
): ConversationRow {
  return {
    lastSeq: 0,
    lastOrdinal: 0,
    lastMessageSeq: 0,
    lastAt: nowMs,
    movedAt: nowMs,
    createdAt: nowMs,
    membersVersion: 1,
    memberCount: 0,
    name: '',
    access: '',
    visibility: '',
    closed: 0,
    blocked: 0,
    lastMessage: null,
    ...of,
  };
}

export interface MembershipRow {
  userId: string;
  role: string;
  joinedSeq: number;
  joinedAt: number;
  leftSeq: number | null;
  sent: number;
  delivered: number;
  read: number;
  readOrdinal: number;
  readSent: number;
  movedAt: number;
  muted: number;
  pinned: number;
  archived: number;
}

export interface JournalRow extends Omit<Entry, 'detail'> {
  /** As the column has it: JSON. */
  detail: string | null;
  targetSeq: number | null;
  membersVersion: number;
  bootId: string;
  n: number;
}

export interface SendRow {
  seq: number;
  ordinal: number;
  messageId: string;
  hash: number;
  createdAt: number;
}

export class Tables {
  readonly conversations = new Map<string, ConversationRow>();
  /** By conversation, then by user. */
  readonly memberships = new Map<string, Map<string, MembershipRow>>();
  /** By conversation, then by seq. */
  readonly journal = new Map<string, Map<number, JournalRow>>();
  readonly sends = new Map<string, SendRow>();
  /** By user, then by conversation: the first seq. */
  readonly offline = new Map<string, Map<string, number>>();
  /** Of two users, the lower id first: their conversation. */
  readonly friendships = new Map<string, string>();
  /** Of two users, who blocks first: since when. */
  readonly blocks = new Map<string, number>();
  readonly accounts = new Map<string, Account>();
  readonly sessions = new Map<string, SessionRow>();
  readonly marks = new Map<string, number>();
  /** Pairs of whom one ever blocked the other: for the checkers. */
  readonly everBlocked = new Set<string>();
  readonly audit: AuditEntry[] = [];

  members(conversationId: string): Map<string, MembershipRow> {
    return getOrMake(this.memberships, conversationId, () => new Map());
  }

  /** The member's row, if they are one now. */
  member(conversationId: string, userId: string): MembershipRow | undefined {
    const row = this.memberships.get(conversationId)?.get(userId);
    return row?.leftSeq === null ? row : undefined;
  }

  present(conversationId: string): MembershipRow[] {
    return [...this.members(conversationId).values()].filter(({ leftSeq }) => leftSeq === null);
  }

  entries(conversationId: string): Map<number, JournalRow> {
    return getOrMake(this.journal, conversationId, () => new Map());
  }

  *allEntries(): Generator<JournalRow> {
    for (const entries of this.journal.values()) yield* entries.values();
  }

  blocksBetween(a: string, b: string): number {
    return Number(this.blocks.has(pairOf(a, b))) + Number(this.blocks.has(pairOf(b, a)));
  }

  owed(userId: string): Map<string, number> {
    return getOrMake(this.offline, userId, () => new Map());
  }
}

export const pairOf = (a: string, b: string) => `${a} ${b}`;
export const sendKeyOf = (conversationId: string, senderId: string, clientId: string) =>
  `${conversationId} ${senderId} ${clientId}`;

export function rowOf(row: JournalRow): EntryRow {
  return [
    row.conversationId,
    row.seq,
    row.ordinal,
    row.messageId,
    row.kind,
    row.senderId,
    row.createdAt,
    row.content,
    row.detail,
    row.clientId,
    row.editedAt,
    row.deletedAt,
  ];
}

export function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
