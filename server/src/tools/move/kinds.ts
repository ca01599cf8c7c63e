import { z } from 'zod';
import type { Entry, EntryDetail } from '../../ports/log.js';
import type { Database, SendsTable } from '../../sql/schema.js';

/** What is moved, in the order in which it is: what refers comes after what it refers to, and the log last. */
export interface Rows extends Omit<Database, 'entries' | 'sends' | 'store_checks' | 'imports'> {
  /** With what the first answer said of the entry: a store that keeps entries elsewhere cannot look that up. */
  sends: SendsTable & { ordinal: number; message_id: string };
  /** As a page shows them, edits and deletions folded in. */
  entries: Entry;
}
export type Kind = keyof Rows;
/** What is rows of the SQL database on both sides. */
export type TableKind = Exclude<Kind, 'entries'>;

const text = z.string();
const whole = z.int();

const detail = z.strictObject({
  target: z.strictObject({ seq: whole, messageId: text }).exactOptional(),
  userId: text.exactOptional(),
  role: z.enum(['owner', 'admin', 'member']).exactOptional(),
  name: text.exactOptional(),
  access: z.enum(['open', 'invite']).exactOptional(),
  visibility: z.enum(['all', 'joined']).exactOptional(),
}) satisfies z.ZodType<EntryDetail>;

/** Each field, in the order in which a line has them. */
const SCHEMAS = {
  accounts: z.strictObject({
    id: text,
    username: text,
    username_key: text,
    display_name: text.nullable(),
    password_hash: text,
    admin: whole,
    invisible: whole,
    last_seen: whole.nullable(),
    created_at: whole,
    closed_at: whole.nullable(),
    suspended_at: whole.nullable(),
    colour: text.nullable(),
  }),
  sessions: z.strictObject({
    id: text,
    user_id: text,
    created_at: whole,
    last_used_at: whole,
    expires_at: whole,
    user_agent: text.nullable(),
    address: text.nullable(),
  }),
  audit_log: z.strictObject({
    id: text,
    at: whole,
    actor: text.nullable(),
    action: text,
    target: text,
    address: text.nullable(),
  }),
  blocks: z.strictObject({ blocker_id: text, blocked_id: text, since: whole }),
  conversations: z.strictObject({
    id: text,
    kind: text,
    last_seq: whole,
    last_ordinal: whole,
    last_message_seq: whole,
    last_at: whole,
    moved_at: whole,
    created_at: whole,
    members_version: whole,
    member_count: whole,
    name: text,
    access: text,
    visibility: text,
    closed: whole,
    blocked: whole,
  }),
  memberships: z.strictObject({
    conversation_id: text,
    user_id: text,
    role: text,
    joined_seq: whole,
    joined_at: whole,
    left_seq: whole.nullable(),
    sent: whole,
    delivered_seq: whole,
    read_seq: whole,
    read_ordinal: whole,
    read_sent: whole,
    moved_at: whole,
    muted: whole,
    pinned: whole,
    archived: whole,
  }),
  friendships: z.strictObject({ user_low: text, user_high: text, conversation_id: text }),
  offline_messages: z.strictObject({ user_id: text, conversation_id: text, first_seq: whole, noted_at: whole }),
  sends: z.strictObject({
    conversation_id: text,
    sender_id: text,
    client_id: text,
    seq: whole,
    ordinal: whole,
    message_id: text,
    hash: whole,
    created_at: whole,
  }),
  entries: z.strictObject({
    conversationId: text,
    seq: whole,
    ordinal: whole,
    messageId: text,
    kind: z.enum([
      'message',
      'edit',
      'delete',
      'created',
      'renamed',
      'settings',
      'joined',
      'left',
      'added',
      'removed',
      'role',
      'closed',
    ]),
    senderId: text,
    createdAt: whole,
    content: text,
    detail: detail.nullable(),
    clientId: text.nullable(),
    editedAt: whole.nullable(),
    deletedAt: whole.nullable(),
  }),
} satisfies { [K in Kind]: z.ZodType<Rows[K]> };

const PARSERS: { [K in Kind]: z.ZodType<Rows[K]> } = SCHEMAS;

/** All kinds, in their order. */
export const KINDS = Object.keys(SCHEMAS) as Kind[];

/** By these a kind's rows are sorted, byte by byte; no two rows have the same. */
export const KEYS: Record<TableKind, readonly string[]> = {
  accounts: ['id'],
  sessions: ['id'],
  audit_log: ['id'],
  blocks: ['blocker_id', 'blocked_id'],
  conversations: ['id'],
  memberships: ['conversation_id', 'user_id'],
  friendships: ['user_low', 'user_high'],
  offline_messages: ['user_id', 'conversation_id'],
  sends: ['conversation_id', 'sender_id', 'client_id'],
};

export const columnsOf = (kind: Kind): string[] => Object.keys(SCHEMAS[kind].shape);

/** A row as a line of JSON: the same row always gives the same line, whichever store it comes from. */
export function lineOf<K extends Kind>(kind: K, row: Rows[K]): string {
  return JSON.stringify(parsed(kind, row));
}

/** Throws with the reason if the line is no row of the kind. */
export function rowOf<K extends Kind>(kind: K, line: string): Rows[K] {
  return parsed(kind, JSON.parse(line));
}

function parsed<K extends Kind>(kind: K, row: unknown): Rows[K] {
  const outcome = PARSERS[kind].safeParse(row);
  if (outcome.success) return outcome.data;
  throw new Error(`not a row of ${kind}: ${z.prettifyError(outcome.error).replaceAll('\n', ' ')}`);
}
