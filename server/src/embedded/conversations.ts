import type { ConversationStore } from '../ports/conversations.js';
import type { Appended } from '../ports/log.js';
import { changedOf } from '../sql/appended.js';
import { SqlConversations, type Pair } from '../sql/conversations.js';
import { firstEntries, firstMembers } from '../sql/new-group.js';
import { OPENED_COLUMNS } from '../sql/rows.js';
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
const MEMBERS = `SELECT m.user_id, a.username, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
  FROM memberships m CROSS JOIN accounts a
  WHERE m.conversation_id = ? AND m.left_seq IS NULL AND a.id = m.user_id AND a.username_key > ?
  ORDER BY a.username_key LIMIT ?`;

/** Conversations and their members in SQLite. */
export class EmbeddedConversations extends SqlConversations<string> {
  readonly #writer: Writer;

  constructor(writer: Writer, reader: Reader) {
    super(reader, { open: OPEN, group: GROUP, direct: DIRECT, roster: ROSTER, members: MEMBERS });
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
}
