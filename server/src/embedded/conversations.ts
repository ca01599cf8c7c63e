import type { ConversationSettings } from '@parley/protocol';
import type { ConversationStore } from '../ports/conversations.js';
import type { Appended } from '../ports/log.js';
import { changedOf } from '../sql/appended.js';
import { SqlConversations, type Pair } from '../sql/conversations.js';
import { firstEntries, firstMembers } from '../sql/new-group.js';
import { OPENED_COLUMNS, settingsOf, type SettingsRow } from '../sql/rows.js';
import type { EntryDraft } from './commands.js';
import type { Reader } from './reader.js';
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
const MEMBERS = `SELECT m.user_id, a.username, a.display_name, a.colour, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
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

/** Conversations and their members in SQLite. */
export class EmbeddedConversations extends SqlConversations<string> {
  readonly #writer: Writer;

  constructor(writer: Writer, reader: Reader) {
    super(reader, { open: OPEN, group: GROUP, direct: DIRECT, roster: ROSTER, members: MEMBERS, memberships: MEMBERSHIPS });
    this.#writer = writer;
  }

  override async createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended> {
    const { id, ownerId, name, access, visibility, at } = group;
    const entries = firstEntries(group);
    const drafts = entries.map(({ messageId, kind, detail }): EntryDraft => [messageId, kind, '', JSON.stringify(detail)]);
    const placed = await this.#writer.submit(['group', id, ownerId, name, access, visibility, drafts, firstMembers(group), at]);
    return changedOf({ conversationId: id, actorId: ownerId, entries }, placed);
  }

  protected override openPair([low, high]: Pair, newId: string, at: number) {
    return this.#writer.submit(['direct', low, high, newId, at]);
  }

  override async setSettings(
    ...[userId, conversationId, { muted, pinned, archived }, at]: Parameters<ConversationStore['setSettings']>
  ): Promise<ConversationSettings | null> {
    const flags = [muted, pinned, archived].map((flag) => (flag === undefined ? null : Number(flag)));
    const { rows } = await this.#writer.submit(['sql', SET_SETTINGS, [...flags, at, conversationId, userId]]);
    return rows[0] === undefined ? null : settingsOf(Object.values(rows[0]) as SettingsRow);
  }
}
