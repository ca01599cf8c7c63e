import type { Access, ConversationSettings, Role, Visibility } from '@parley/protocol';
import type {
  Conversation,
  ConversationStore,
  GroupConversation,
  Member,
  MembershipRecord,
  Opened,
  Roster,
} from '../ports/conversations.js';
import type { Appended, Change } from '../ports/log.js';
import { changedOf } from './appended.js';
import type { EntryDraft } from './commands.js';
import type { Reader } from './reader.js';
import { OPENED_COLUMNS, openedOf, settingsOf, type OpenedRow, type SettingsRow } from './rows.js';
import type { Writer } from './writer.js';

const OPEN = `SELECT ${OPENED_COLUMNS} FROM memberships m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.conversation_id = ? AND m.user_id = ? AND m.left_seq IS NULL`;
const GROUP = `SELECT id, name, access, visibility, closed, member_count, members_version FROM conversations WHERE id = ? AND kind = 'group'`;
const DIRECT = 'SELECT conversation_id FROM friendships WHERE user_low = ? AND user_high = ?';
/** One row, however many members: a row each would cost the event loop more than the JSON does. */
const ROSTER = `SELECT kind, members_version, blocked, name,
    (SELECT json_group_array(json_array(user_id, role, joined_seq)) FROM memberships WHERE conversation_id = c.id AND left_seq IS NULL)
  FROM conversations c WHERE id = ?`;
/** CROSS JOIN keeps the order: from the members to their accounts, never through all accounts. */
const MEMBERS = `SELECT m.user_id, a.username, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
  FROM memberships m CROSS JOIN accounts a
  WHERE m.conversation_id = ? AND m.left_seq IS NULL AND a.id = m.user_id AND a.username_key > ?
  ORDER BY a.username_key LIMIT ?`;
/** Of what is null nothing changes. The writer keeps nothing of memberships, so any statement may write them. */
const SET_SETTINGS = `UPDATE memberships SET muted = coalesce(?, muted), pinned = coalesce(?, pinned), archived = coalesce(?, archived),
    moved_at = max(moved_at, ?)
  WHERE conversation_id = ? AND user_id = ? AND left_seq IS NULL RETURNING muted, pinned, archived`;
/** Two halves, each with an index of its own. */
const MEMBERSHIPS = `SELECT c.id, c.kind, c.name, m.role, m.joined_at, m.left_seq, m.sent, c.last_seq, m.muted, m.pinned, m.archived,
    CASE c.kind WHEN 'direct' THEN (SELECT a.username FROM memberships peer JOIN accounts a ON a.id = peer.user_id
      WHERE peer.conversation_id = c.id AND peer.user_id <> m.user_id) END
  FROM (
    SELECT * FROM memberships WHERE user_id = ?1 AND left_seq IS NULL AND conversation_id > ?2
    UNION ALL SELECT * FROM memberships WHERE user_id = ?1 AND left_seq IS NOT NULL AND conversation_id > ?2
  ) m CROSS JOIN conversations c ON c.id = m.conversation_id
  ORDER BY c.id LIMIT ?3`;

type GroupRow = [id: string, name: string, Access, Visibility, closed: number, memberCount: number, membersVersion: number];
type RosterRow = [kind: Conversation['kind'], membersVersion: number, blocked: number, name: string, membersJson: string];
type RecordRow = [
  id: string,
  kind: Conversation['kind'],
  name: string,
  Role,
  joinedAt: number,
  leftSeq: number | null,
  sent: number,
  lastSeq: number,
  ...settings: SettingsRow,
  peer: string | null,
];
type MemberRow = [userId: string, username: string, Role, joinedSeq: number, joinedAt: number, delivered: number, read: number];

/** Conversations and their members in SQLite. */
export class EmbeddedConversations implements ConversationStore {
  readonly #writer: Writer;
  readonly #reader: Reader;

  constructor(writer: Writer, reader: Reader) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async openDirect(a: string, b: string, newId: string, at: number): Promise<{ id: string; created: boolean } | null> {
    if (a === b) throw new TypeError('a direct chat is between two');
    const opened = await this.#writer.submit(['direct', ...inOrder(a, b), newId, at]);
    return opened === null ? null : { id: opened[0], created: opened[1] };
  }

  async direct(a: string, b: string): Promise<string | null> {
    const row = await this.#reader.row<[string]>(DIRECT, inOrder(a, b));
    return row === undefined ? null : row[0];
  }

  async createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended> {
    const { id, ownerId, name, access, visibility, memberIds, at } = group;
    const entries = firstEntries(group);
    const placed = await this.#writer.submit([
      'group',
      id,
      ownerId,
      name,
      access,
      visibility,
      entries.map(({ messageId, kind, detail }): EntryDraft => [messageId, kind, '', JSON.stringify(detail)]),
      [[ownerId, 'owner', 0], ...memberIds.map((userId, index): [string, string, number] => [userId, 'member', index + 1])],
      at,
    ]);
    return changedOf({ conversationId: id, actorId: ownerId, entries }, placed);
  }

  async open(userId: string, conversationId: string): Promise<Opened | null> {
    const row = await this.#reader.row<OpenedRow>(OPEN, [conversationId, userId]);
    return row === undefined ? null : openedOf(row);
  }

  async group(conversationId: string): Promise<(GroupConversation & { membersVersion: number }) | null> {
    const row = await this.#reader.row<GroupRow>(GROUP, [conversationId]);
    if (row === undefined) return null;
    const [id, name, access, visibility, closed, memberCount, membersVersion] = row;
    return { kind: 'group', id, name, access, visibility, closed: closed === 1, memberCount, membersVersion };
  }

  async roster(conversationId: string): Promise<Roster | null> {
    const row = await this.#reader.row<RosterRow>(ROSTER, [conversationId]);
    if (row === undefined) return null;
    const [kind, membersVersion, blocked, name, membersJson] = row;
    const members = JSON.parse(membersJson) as [string, Role, number][];
    return {
      kind,
      membersVersion,
      blocked: blocked > 0,
      name,
      members: new Map(members.map(([userId, role, joinedSeq]) => [userId, { role, joinedSeq }])),
    };
  }

  async members(conversationId: string, after: string | undefined, limit: number): Promise<Member[]> {
    const rows = await this.#reader.rows<MemberRow>(MEMBERS, [conversationId, (after ?? '').toLowerCase(), limit]);
    return rows.map(([userId, username, role, joinedSeq, joinedAt, delivered, read]) => ({
      userId,
      username,
      role,
      joinedSeq,
      joinedAt,
      delivered,
      read,
    }));
  }

  async memberships(userId: string, after: string | undefined, limit: number): Promise<MembershipRecord[]> {
    return (await this.#reader.rows<RecordRow>(MEMBERSHIPS, [userId, after ?? '', limit])).map(recordOf);
  }

  async setSettings(
    ...[userId, conversationId, { muted, pinned, archived }, at]: Parameters<ConversationStore['setSettings']>
  ): Promise<ConversationSettings | null> {
    const flags = [muted, pinned, archived].map((flag) => (flag === undefined ? null : Number(flag)));
    const { rows } = await this.#writer.submit(['sql', SET_SETTINGS, [...flags, at, conversationId, userId]]);
    return rows[0] === undefined ? null : settingsOf(Object.values(rows[0]) as SettingsRow);
  }
}

const inOrder = (a: string, b: string): [low: string, high: string] => (a < b ? [a, b] : [b, a]);

/** `created`, then `added` for each member beside the owner. */
function firstEntries({
  name,
  access,
  visibility,
  memberIds,
  messageIds,
}: Parameters<ConversationStore['createGroup']>[0]): Change['entries'] {
  const added: Draft[] = memberIds.map((userId) => ({ kind: 'added', detail: { userId, role: 'member', name } }));
  const drafts: Draft[] = [{ kind: 'created', detail: { name, access, visibility } }, ...added];
  return drafts.map((draft, index) => {
    const messageId = messageIds[index];
    if (messageId === undefined) throw new TypeError('a group needs a message id for each of its first entries');
    return { messageId, ...draft };
  });
}

function recordOf(row: RecordRow): MembershipRecord {
  const [conversationId, kind, name, role, joinedAt, leftSeq, sent, lastSeq, muted, pinned, archived, peer] = row;
  const settings = settingsOf([muted, pinned, archived]);
  return { conversationId, kind, name, peer, role, joinedAt, isMember: leftSeq === null, sent, lastSeq, settings };
}

type Draft = Omit<Change['entries'][number], 'messageId'>;
