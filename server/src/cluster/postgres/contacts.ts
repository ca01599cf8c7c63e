import type { ContactStore } from '../../ports/conversations.js';
import type { Connections, Statement } from './connections.js';

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
export class PostgresContacts implements ContactStore {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async friends(userId: string): Promise<{ userId: string; username: string; conversationId: string }[]> {
    const rows = await this.#connections.rows<[string, string, string]>(FRIENDS, [userId]);
    return rows.map(([friendId, username, conversationId]) => ({ userId: friendId, username, conversationId }));
  }

  acquainted(userId: string, others: string[]): Promise<string[]> {
    return this.#among(ACQUAINTED, userId, others);
  }

  async setBlock(
    blockerId: string,
    blockedId: string,
    blocked: boolean,
    at: number,
  ): Promise<{ conversationId: string | null; blocked: boolean; changed: boolean }> {
    const row = await this.#connections.row<[[string | null, boolean, boolean]]>(SET_BLOCK, [blockerId, blockedId, blocked, at]);
    if (row === undefined) throw new Error('set_block gave nothing');
    const [conversationId, between, changed] = row[0];
    return { conversationId, blocked: between, changed };
  }

  async blocks(blockerId: string): Promise<{ username: string; since: number }[]> {
    const rows = await this.#connections.rows<[string, number]>(BLOCKS, [blockerId]);
    return rows.map(([username, since]) => ({ username, since }));
  }

  blockedAmong(userId: string, others: string[]): Promise<string[]> {
    return this.#among(BLOCKED_AMONG, userId, others);
  }

  async #among(statement: Statement, userId: string, others: string[]): Promise<string[]> {
    if (others.length === 0) return [];
    const rows = await this.#connections.rows<[string]>(statement, [userId, others]);
    return rows.map(([other]) => other);
  }
}
