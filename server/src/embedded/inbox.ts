import type { InboxItem, InboxQuery, InboxStore } from '../ports/conversations.js';
import type { Runtime } from '../ports/runtime.js';
import type { Reader } from './reader.js';
import { entryColumns, entryOf, OPENED_COLUMNS, OPENED_WIDTH, openedOf, type EntryRow, type OpenedRow } from './rows.js';

const MOVED_AT = 'max(c.moved_at, m.moved_at)';
/**
 * First only what decides the order, for all of the user's conversations; then the rest, for those of the page.
 * CROSS JOIN keeps the order of the tables.
 */
const INBOX = `WITH page AS MATERIALIZED (
    SELECT m.rowid AS membership, c.rowid AS conversation, c.id AS id, ${MOVED_AT} AS moved_at
    FROM memberships m CROSS JOIN conversations c
    WHERE m.user_id = ?1 AND m.left_seq IS NULL AND c.id = m.conversation_id
      AND ${MOVED_AT} >= ?2 AND (${MOVED_AT} < ?3 OR (${MOVED_AT} = ?3 AND c.id < ?4))
    ORDER BY 4 DESC, 3 DESC LIMIT ?5
  )
  SELECT ${OPENED_COLUMNS}, page.moved_at, peer.user_id, peer.delivered_seq, peer.read_seq, ${entryColumns('e')}
  FROM page CROSS JOIN conversations c ON c.rowid = page.conversation CROSS JOIN memberships m ON m.rowid = page.membership
    LEFT JOIN memberships peer ON c.kind = 'direct' AND peer.conversation_id = c.id AND peer.user_id <> ?1
    LEFT JOIN entries e ON e.conversation_id = c.id AND e.seq = c.last_message_seq
  ORDER BY page.moved_at DESC, page.id DESC`;
const LEFT_SINCE = 'SELECT conversation_id FROM memberships WHERE user_id = ? AND left_seq IS NOT NULL AND moved_at >= ?';

type PeerRow = [movedAt: number, userId: string | null, delivered: number, read: number];
type ItemRow = [...OpenedRow, ...PeerRow, ...EntryRow];

/** Inboxes in SQLite. */
export class EmbeddedInbox implements InboxStore {
  readonly #reader: Reader;
  readonly #runtime: Runtime;

  constructor(reader: Reader, runtime: Runtime) {
    this.#reader = reader;
    this.#runtime = runtime;
  }

  now(): Promise<number> {
    return Promise.resolve(this.#runtime.now());
  }

  async inbox({ userId, since, after, limit }: InboxQuery): Promise<{ items: InboxItem[]; hasMore: boolean }> {
    const rows = await this.#reader.rows<ItemRow>(INBOX, [
      userId,
      since ?? 0,
      after?.movedAt ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? '',
      limit + 1,
    ]);
    return { items: rows.slice(0, limit).map(itemOf), hasMore: rows.length > limit };
  }

  async leftSince(userId: string, since: number): Promise<string[]> {
    const rows = await this.#reader.rows<[string]>(LEFT_SINCE, [userId, since]);
    return rows.map(([conversationId]) => conversationId);
  }
}

function itemOf(row: ItemRow): InboxItem {
  const [movedAt, peerId, delivered, read] = row.slice(OPENED_WIDTH, OPENED_WIDTH + 4) as PeerRow;
  const entry = row.slice(OPENED_WIDTH + 4) as EntryRow;
  return {
    ...openedOf(row.slice(0, OPENED_WIDTH) as OpenedRow),
    movedAt,
    peer: peerId === null ? null : { userId: peerId, delivered, read },
    // A left join without a match: every column is null.
    lastMessage: (entry[0] as string | null) === null ? null : entryOf(entry),
  };
}
