import type { ConversationSettings } from '@parley/protocol';
import type { ConversationStore } from '../../ports/conversations.js';
import type { Appended } from '../../ports/log.js';
import { SqlConversations, type Pair } from '../../sql/conversations.js';
import { OPENED_COLUMNS, settingsOf, type SettingsRow } from '../../sql/rows.js';
import { GroupCall } from './change-call.js';
import type { Asking, Statement } from './connections.js';
import type { Lanes } from './lanes.js';

const OPEN: Statement = {
  name: 'open',
  text: `SELECT ${OPENED_COLUMNS} FROM memberships m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.conversation_id = $1 AND m.user_id = $2 AND m.left_seq IS NULL`,
};
const GROUP: Statement = {
  name: 'group',
  text: `SELECT id, name, access, visibility, closed, member_count, members_version FROM conversations
    WHERE id = $1 AND kind = 'group'`,
};
const DIRECT: Statement = {
  name: 'direct',
  text: 'SELECT conversation_id FROM friendships WHERE user_low = $1 AND user_high = $2',
};
const OPEN_DIRECT: Statement = { name: 'open_direct', text: 'SELECT open_direct($1, $2, $3)' };
/** One row, however many members: a row each would cost the event loop more than the JSON does. */
const ROSTER: Statement = {
  name: 'roster',
  text: `SELECT kind, members_version, blocked, name,
      (SELECT coalesce(json_agg(json_build_array(user_id, role, joined_seq))::text, '[]') FROM memberships
       WHERE conversation_id = c.id AND left_seq IS NULL)
    FROM conversations c WHERE id = $1`,
};
const MEMBERS: Statement = {
  name: 'members',
  text: `SELECT m.user_id, a.username, a.display_name, a.colour, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
    FROM memberships m JOIN accounts a ON a.id = m.user_id
    WHERE m.conversation_id = $1 AND m.left_seq IS NULL AND a.username_key > $2
    ORDER BY a.username_key LIMIT $3`,
};
/** Of what is null nothing changes. Nothing else depends on these columns: the lock of the row is enough. */
const SET_SETTINGS: Statement = {
  name: 'set_settings',
  text: `UPDATE memberships SET muted = coalesce($1::integer, muted), pinned = coalesce($2::integer, pinned),
      archived = coalesce($3::integer, archived), moved_at = greatest(moved_at, clock_ms())
    WHERE conversation_id = $4 AND user_id = $5 AND left_seq IS NULL RETURNING muted, pinned, archived`,
};
/** Two halves, each with an index of its own. */
const MEMBERSHIPS: Statement = {
  name: 'memberships',
  text: `SELECT c.id, c.kind, c.name, m.role, m.joined_at, m.left_seq, m.sent, c.last_seq, m.muted, m.pinned, m.archived,
      CASE c.kind WHEN 'direct' THEN (SELECT a.username FROM memberships peer JOIN accounts a ON a.id = peer.user_id
        WHERE peer.conversation_id = c.id AND peer.user_id <> m.user_id) END
    FROM (
      SELECT * FROM memberships WHERE user_id = $1 AND left_seq IS NULL AND conversation_id > $2
      UNION ALL SELECT * FROM memberships WHERE user_id = $1 AND left_seq IS NOT NULL AND conversation_id > $2
    ) m JOIN conversations c ON c.id = m.conversation_id
    ORDER BY c.id LIMIT $3`,
};

/** Conversations and their members in PostgreSQL. */
export class PostgresConversations extends SqlConversations<Statement> {
  readonly #lanes: Lanes;
  readonly #connections: Asking;

  constructor(lanes: Lanes, connections: Asking) {
    super(connections, { open: OPEN, group: GROUP, direct: DIRECT, roster: ROSTER, members: MEMBERS, memberships: MEMBERSHIPS });
    this.#lanes = lanes;
    this.#connections = connections;
  }

  override createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended> {
    return this.#lanes.submit((acceptedAt) => new GroupCall(group, acceptedAt));
  }

  protected override async openPair(pair: Pair, newId: string) {
    return (await this.#connections.row<[[string, boolean] | null]>(OPEN_DIRECT, [...pair, newId]))?.[0] ?? null;
  }

  override async setSettings(
    ...[userId, conversationId, { muted, pinned, archived }]: Parameters<ConversationStore['setSettings']>
  ): Promise<ConversationSettings | null> {
    const flags = [muted, pinned, archived].map((flag) => (flag === undefined ? null : Number(flag)));
    const row = await this.#connections.row<SettingsRow>(SET_SETTINGS, [...flags, conversationId, userId]);
    return row === undefined ? null : settingsOf(row);
  }
}
