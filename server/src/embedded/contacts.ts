import type { ContactStore } from '../ports/conversations.js';
import { blockOf, SqlContacts } from '../sql/contacts.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

const FRIENDS = `SELECT f.friend_id, a.username, f.conversation_id
  FROM (
    SELECT user_high AS friend_id, conversation_id FROM friendships WHERE user_low = ?1
    UNION ALL SELECT user_low, conversation_id FROM friendships WHERE user_high = ?1
  ) f CROSS JOIN conversations c ON c.id = f.conversation_id CROSS JOIN accounts a ON a.id = f.friend_id
  WHERE c.blocked = 0`;
const BLOCKED_BETWEEN = `EXISTS (SELECT 1 FROM blocks WHERE blocker_id = ?1 AND blocked_id = other.value)
  OR EXISTS (SELECT 1 FROM blocks WHERE blocker_id = other.value AND blocked_id = ?1)`;
/** Both kinds of acquaintance are the same: a conversation that both are in now. A friend's is their direct chat. */
const ACQUAINTED = `SELECT other.value FROM json_each(?2) other
  WHERE EXISTS (
    SELECT 1 FROM memberships theirs CROSS JOIN memberships own CROSS JOIN conversations c
    WHERE theirs.user_id = other.value AND theirs.left_seq IS NULL
      AND own.conversation_id = theirs.conversation_id AND own.user_id = ?1 AND own.left_seq IS NULL
      AND c.id = own.conversation_id AND c.closed = 0
  ) AND NOT (${BLOCKED_BETWEEN})`;
const BLOCKED_AMONG = `SELECT other.value FROM json_each(?2) other
  WHERE ${BLOCKED_BETWEEN} OR EXISTS (SELECT 1 FROM accounts WHERE id = other.value AND closed_at IS NOT NULL)`;
const BLOCKS = `SELECT a.username, b.since FROM blocks b JOIN accounts a ON a.id = b.blocked_id
  WHERE b.blocker_id = ? ORDER BY a.username_key`;

/** Who knows whom, and who is blocked, in SQLite. */
export class EmbeddedContacts extends SqlContacts<string> {
  readonly #writer: Writer;

  constructor(writer: Writer, reader: Reader) {
    super(reader, {
      friends: FRIENDS,
      acquainted: ACQUAINTED,
      blockedAmong: BLOCKED_AMONG,
      blocks: BLOCKS,
      list: JSON.stringify,
    });
    this.#writer = writer;
  }

  override async setBlock(...[blockerId, blockedId, blocked, at]: Parameters<ContactStore['setBlock']>) {
    return blockOf(await this.#writer.submit(['block', blockerId, blockedId, blocked, at]));
  }
}
