import type { InboxItem, InboxQuery, InboxStore } from '../../ports/conversations.js';
import type { Connections, Statement } from './connections.js';
import { lastMessageOf, OPENED_COLUMNS, OPENED_WIDTH, openedOf, type OpenedRow } from './rows.js';

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

type Tail = [movedAt: number, peerId: string | null, delivered: number, read: number, lastMessageJson: string | null];
type ItemRow = [...OpenedRow, ...Tail];

/** Inboxes in PostgreSQL. */
export class PostgresInbox implements InboxStore {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async now(): Promise<number> {
    const row = await this.#connections.row<[number]>(NOW, []);
    if (row === undefined) throw new Error('the database does not say what time it is');
    return row[0];
  }

  async inbox({ userId, since, after, limit }: InboxQuery): Promise<{ items: InboxItem[]; hasMore: boolean }> {
    const rows = await this.#connections.rows<ItemRow>(INBOX, [
      userId,
      since ?? 0,
      after?.movedAt ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? '',
      limit + 1,
    ]);
    return { items: rows.slice(0, limit).map(itemOf), hasMore: rows.length > limit };
  }

  async leftSince(userId: string, since: number): Promise<string[]> {
    const rows = await this.#connections.rows<[string]>(LEFT_SINCE, [userId, since]);
    return rows.map(([conversationId]) => conversationId);
  }
}

function itemOf(row: ItemRow): InboxItem {
  const [movedAt, peerId, delivered, read, lastMessageJson] = row.slice(OPENED_WIDTH) as Tail;
  return {
    ...openedOf(row.slice(0, OPENED_WIDTH) as OpenedRow),
    movedAt,
    peer: peerId === null ? null : { userId: peerId, delivered, read },
    lastMessage: lastMessageOf(row[0], lastMessageJson),
  };
}
