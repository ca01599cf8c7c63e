import type { types } from 'cassandra-driver';
import type { Entry, EntryDetail, EntryKind } from '../../ports/log.js';

export const ENTRY_COLUMNS =
  'conversation_id, seq, message_id, ordinal, kind, sender_id, created_at, detail, client_id, content, edited_at, deleted_at';

/** As the driver gives it, which itself types every column `any`. */
interface EntryRow {
  conversation_id: string;
  seq: bigint;
  message_id: string;
  /** Null, like all below up to `detail`, in a row of which only an edit or a deletion is here yet. */
  kind: EntryKind | null;
  ordinal: bigint;
  sender_id: string;
  created_at: Date;
  detail: string | null;
  client_id: string | null;
  content: string | null;
  edited_at: Date | null;
  deleted_at: Date | null;
}

/** Null for a row that is not complete yet. */
export function entryOf(columns: types.Row): Entry | null {
  const row = columns as unknown as EntryRow;
  if (row.kind === null || (row.kind === 'message' && row.content === null)) return null;
  return {
    conversationId: row.conversation_id,
    seq: Number(row.seq),
    ordinal: Number(row.ordinal),
    messageId: row.message_id,
    kind: row.kind,
    senderId: row.sender_id,
    createdAt: row.created_at.getTime(),
    content: row.content ?? '',
    detail: row.detail === null ? null : (JSON.parse(row.detail) as EntryDetail),
    clientId: row.client_id,
    editedAt: row.edited_at?.getTime() ?? null,
    deletedAt: row.deleted_at?.getTime() ?? null,
  };
}
