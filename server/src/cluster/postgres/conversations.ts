import type { ConversationStore } from '../../ports/conversations.js';
import type { Appended } from '../../ports/log.js';
import { SqlConversations, type Pair } from '../../sql/conversations.js';
import { OPENED_COLUMNS } from '../../sql/rows.js';
import { GroupCall } from './change-call.js';
import type { Connections, Statement } from './connections.js';
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
  text: `SELECT m.user_id, a.username, m.role, m.joined_seq, m.joined_at, m.delivered_seq, m.read_seq
    FROM memberships m JOIN accounts a ON a.id = m.user_id
    WHERE m.conversation_id = $1 AND m.left_seq IS NULL AND a.username_key > $2
    ORDER BY a.username_key LIMIT $3`,
};

/** Conversations and their members in PostgreSQL. */
export class PostgresConversations extends SqlConversations<Statement> {
  readonly #lanes: Lanes;
  readonly #connections: Connections;

  constructor(lanes: Lanes, connections: Connections) {
    super(connections, { open: OPEN, group: GROUP, direct: DIRECT, roster: ROSTER, members: MEMBERS });
    this.#lanes = lanes;
    this.#connections = connections;
  }

  override createGroup(group: Parameters<ConversationStore['createGroup']>[0]): Promise<Appended> {
    return this.#lanes.submit((acceptedAt) => new GroupCall(group, acceptedAt));
  }

  protected override async openPair(pair: Pair, newId: string) {
    return (await this.#connections.row<[[string, boolean] | null]>(OPEN_DIRECT, [...pair, newId]))?.[0] ?? null;
  }
}
