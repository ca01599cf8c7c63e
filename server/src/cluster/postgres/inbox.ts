import { SqlInbox } from '../../sql/inbox.js';
import { OPENED_COLUMNS } from '../../sql/rows.js';
import type { Asking, Statement } from './connections.js';
import { lastMessageOf } from './last-message.js';

const MOVED_AT = 'greatest(c.moved_at, m.moved_at)';
/** First only what decides the order, for all of the user's conversations; then the rest, for those of the page. */
const INBOX: Statement = {
  name: 'inbox',
  text: `WITH page AS MATERIALIZED (
      SELECT c.id AS id, ${MOVED_AT} AS moved_at
      FROM memberships m JOIN conversations c ON c.id = m.conversation_id
      WHERE m.user_id = $1 AND m.left_seq IS NULL
        AND ${MOVED_AT} >= $2 AND (${MOVED_AT} < $3 OR (${MOVED_AT} = $3 AND c.id < $4))
      ORDER BY 2 DESC, 1 DESC LIMIT $5
    )
    SELECT ${OPENED_COLUMNS}, page.moved_at, peer.user_id, peer.delivered_seq, peer.read_seq, c.last_message
    FROM page JOIN conversations c ON c.id = page.id JOIN memberships m ON m.conversation_id = page.id AND m.user_id = $1
      LEFT JOIN memberships peer ON c.kind = 'direct' AND peer.conversation_id = c.id AND peer.user_id <> $1
    ORDER BY page.moved_at DESC, page.id DESC`,
};
const LEFT_SINCE: Statement = {
  name: 'left_since',
  text: 'SELECT conversation_id FROM memberships WHERE user_id = $1 AND left_seq IS NOT NULL AND moved_at >= $2',
};

const NOW: Statement = { name: 'now', text: 'SELECT clock_ms()' };

/** Inboxes in PostgreSQL. */
export class PostgresInbox extends SqlInbox<Statement, [lastMessageJson: string | null]> {
  readonly #connections: Asking;

  constructor(connections: Asking) {
    super(connections, { inbox: INBOX, leftSince: LEFT_SINCE, lastMessageOf: (id, [json]) => lastMessageOf(id, json) });
    this.#connections = connections;
  }

  override async now(): Promise<number> {
    const row = await this.#connections.row<[number]>(NOW, []);
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row[0];
  }
}
