import type { ContactStore } from '../../ports/conversations.js';
import { blockOf, SqlContacts, type BlockRow } from '../../sql/contacts.js';
import type { Asking, Statement } from './connections.js';

const FRIENDS: Statement = {
  name: 'friends',
  text: `SELECT f.friend_id, a.username, f.conversation_id
    FROM (
      SELECT user_high AS friend_id, conversation_id FROM friendships WHERE user_low = $1
      UNION ALL SELECT user_low, conversation_id FROM friendships WHERE user_high = $1
    ) f JOIN conversations c ON c.id = f.conversation_id JOIN accounts a ON a.id = f.friend_id
    WHERE c.blocked = 0`,
};
const BLOCKED_BETWEEN = `(EXISTS (SELECT FROM blocks WHERE blocker_id = $1 AND blocked_id = other.id)
  OR EXISTS (SELECT FROM blocks WHERE blocker_id = other.id AND blocked_id = $1))`;
/** Both kinds of acquaintance are the same: a conversation that both are in now. A friend's is their direct chat. */
const ACQUAINTED: Statement = {
  name: 'acquainted',
  text: `SELECT other.id FROM unnest($2::text[]) AS other(id)
    WHERE EXISTS (
      SELECT FROM memberships own
        JOIN memberships theirs ON theirs.conversation_id = own.conversation_id AND theirs.left_seq IS NULL
        JOIN conversations c ON c.id = own.conversation_id AND c.closed = 0
      WHERE own.user_id = $1 AND own.left_seq IS NULL AND theirs.user_id = other.id
    ) AND NOT ${BLOCKED_BETWEEN}`,
};
const BLOCKED_AMONG: Statement = {
  name: 'blocked_among',
  text: `SELECT other.id FROM unnest($2::text[]) AS other(id)
    WHERE ${BLOCKED_BETWEEN} OR EXISTS (SELECT FROM accounts WHERE id = other.id AND closed_at IS NOT NULL)`,
};
const BLOCKS: Statement = {
  name: 'blocks',
  text: `SELECT a.username, b.since FROM blocks b JOIN accounts a ON a.id = b.blocked_id
    WHERE b.blocker_id = $1 ORDER BY a.username_key`,
};
const SET_BLOCK: Statement = { name: 'set_block', text: 'SELECT set_block($1, $2, $3, $4)' };

/** Who knows whom, and who is blocked, in PostgreSQL. */
export class PostgresContacts extends SqlContacts<Statement> {
  readonly #connections: Asking;

  constructor(connections: Asking) {
    const list = (userIds: string[]) => userIds;
    super(connections, { friends: FRIENDS, acquainted: ACQUAINTED, blockedAmong: BLOCKED_AMONG, blocks: BLOCKS, list });
    this.#connections = connections;
  }

  override async setBlock(...block: Parameters<ContactStore['setBlock']>) {
    const row = await this.#connections.row<[BlockRow]>(SET_BLOCK, block);
    if (row === undefined) throw new Error('set_block gave nothing');
    return blockOf(row[0]);
  }
}
