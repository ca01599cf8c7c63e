import type { Access, ConversationSettings, Role, Visibility } from '@parley/protocol';
import type { Conversation, Membership, Opened } from '../ports/conversations.js';
import type { Entry, EntryDetail, EntryKind } from '../ports/log.js';

/* Columns as they are selected, and what is made of them. The two of a pair must agree in order. */

/** `content`: the expression for it, where the column alone will not do. */
export const entryColumns = (table: string, content = `${table}.content`) =>
  [
    'conversation_id',
    'seq',
    'ordinal',
    'message_id',
    'kind',
    'sender_id',
    'created_at',
    'content',
    'detail',
    'client_id',
    'edited_at',
    'deleted_at',
  ]
    .map((column) => (column === 'content' ? content : `${table}.${column}`))
    .join(', ');
export type EntryRow = [
  conversationId: string,
  seq: number,
  ordinal: number,
  messageId: string,
  kind: EntryKind,
  senderId: string,
  createdAt: number,
  content: string,
  detailJson: string | null,
  clientId: string | null,
  editedAt: number | null,
  deletedAt: number | null,
];

export function entryOf(row: EntryRow): Entry {
  const [conversationId, seq, ordinal, messageId, kind, senderId, createdAt, content, detailJson, clientId, editedAt, deletedAt] =
    row;
  const detail = detailJson === null ? null : (JSON.parse(detailJson) as EntryDetail);
  return { conversationId, seq, ordinal, messageId, kind, senderId, createdAt, content, detail, clientId, editedAt, deletedAt };
}

/** Of conversation `c` and membership `m`; the two of a direct chat are in the order of their ids. */
export const OPENED_COLUMNS = `c.id, c.kind, c.last_seq, c.last_ordinal, c.last_at, c.created_at, c.members_version, c.member_count,
  c.name, c.access, c.visibility, c.closed, c.blocked,
  CASE c.kind WHEN 'direct' THEN (SELECT min(user_id) FROM memberships WHERE conversation_id = c.id) END,
  CASE c.kind WHEN 'direct' THEN (SELECT max(user_id) FROM memberships WHERE conversation_id = c.id) END,
  m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq, c.last_ordinal - m.read_ordinal - (m.sent - m.read_sent),
  m.muted, m.pinned, m.archived`;
export type OpenedRow = [
  id: string,
  kind: 'direct' | 'group',
  lastSeq: number,
  ordinal: number,
  lastAt: number,
  createdAt: number,
  membersVersion: number,
  memberCount: number,
  name: string,
  access: Access,
  visibility: Visibility,
  closed: number,
  blocked: number,
  ...own: OwnColumns,
];
type OwnColumns = [
  low: string,
  high: string,
  role: Role,
  joinedSeq: number,
  joinedAt: number,
  delivered: number,
  read: number,
  unread: number,
  ...settings: SettingsRow,
];
/** How many columns `OPENED_COLUMNS` are, and at which those of the member begin. */
export const OPENED_WIDTH = 24;
const OWN_AT = 13;

export function openedOf(row: OpenedRow): Opened {
  const [id, kind, lastSeq, ordinal, lastAt, createdAt, membersVersion, memberCount, name, access, visibility, closed, blocked] =
    row;
  const [low, high, role, joinedSeq, joinedAt, delivered, read, unread, ...settings] = row.slice(OWN_AT) as OwnColumns;
  const log = { id, lastSeq, ordinal, membersVersion, createdAt, lastAt };
  const conversation: Conversation =
    kind === 'direct'
      ? { kind, ...log, userIds: [low, high], blocked: blocked > 0 }
      : { kind, ...log, name, access, visibility, closed: closed === 1, memberCount };
  const membership: Membership = { role, joinedSeq, joinedAt, delivered, read, unread, settings: settingsOf(settings) };
  return { conversation, membership };
}

/** Of membership `m`, as they are selected. */
export type SettingsRow = [muted: number, pinned: number, archived: number];
export const settingsOf = ([muted, pinned, archived]: SettingsRow): ConversationSettings => ({
  muted: muted === 1,
  pinned: pinned === 1,
  archived: archived === 1,
});
