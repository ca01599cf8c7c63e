import type { Entry } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import { SqlInbox } from '../sql/inbox.js';
import { entryOf, OPENED_COLUMNS, type EntryRow } from '../sql/rows.js';
import { ENTRY_COLUMNS } from './entry-columns.js';
import type { Reader } from './reader.js';

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
  SELECT ${OPENED_COLUMNS}, page.moved_at, peer.user_id, peer.delivered_seq, peer.read_seq, ${ENTRY_COLUMNS}
  FROM page CROSS JOIN conversations c ON c.rowid = page.conversation CROSS JOIN memberships m ON m.rowid = page.membership
    LEFT JOIN memberships peer ON c.kind = 'direct' AND peer.conversation_id = c.id AND peer.user_id <> ?1
    LEFT JOIN entries e ON e.conversation_id = c.id AND e.seq = c.last_message_seq
  ORDER BY page.moved_at DESC, page.id DESC`;
const LEFT_SINCE = 'SELECT conversation_id FROM memberships WHERE user_id = ? AND left_seq IS NOT NULL AND moved_at >= ?';

/** Inboxes in SQLite. */
export class EmbeddedInbox extends SqlInbox<string, EntryRow> {
  readonly #runtime: Runtime;

  constructor(reader: Reader, runtime: Runtime) {
    super(reader, { inbox: INBOX, leftSince: LEFT_SINCE, lastMessageOf });
    this.#runtime = runtime;
  }

  override now(): Promise<number> {
    return Promise.resolve(this.#runtime.now());
  }
}

/** A left join without a match: every column is null. */
function lastMessageOf(_conversationId: string, entry: EntryRow): Entry | null {
  return (entry[0] as string | null) === null ? null : entryOf(entry);
}
