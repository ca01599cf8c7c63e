import type { Entry } from '../../ports/log.js';
import { bucketOf } from './table.js';

/** Undefined leaves the column as it is. */
type Value = string | number | bigint | undefined;

/** A statement to run. Those of one partition may run in one batch. */
export interface Mutation {
  query: string;
  params: Value[];
  partition: string;
  /** About how much it is on the wire. */
  bytes: number;
}

interface Place {
  conversationId: string;
  seq: number;
  messageId: string;
}

const WHERE = 'WHERE conversation_id = ? AND bucket = ? AND seq = ? AND message_id = ?';
const INSERT = `INSERT INTO log_entries (conversation_id, bucket, seq, message_id, ordinal, kind, sender_id, created_at, detail,
  client_id, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
const EDIT = `UPDATE log_entries USING TIMESTAMP ? SET content = ?, edited_at = ? ${WHERE}`;
const DELETE = `UPDATE log_entries USING TIMESTAMP ? SET content = ?, deleted_at = ? ${WHERE}`;
const ERASE = `UPDATE log_entries USING TIMESTAMP ? SET content = ? ${WHERE}`;
const INDEX_EDIT = 'INSERT INTO edits (conversation_id, target_id, seq, message_id) VALUES (?, ?, ?, ?) USING TIMESTAMP ?';

/** Names of columns, ids, numbers: what a statement is without its texts. */
const STATEMENT_BYTES = 200;

/**
 * What writing an entry does. The rules by which any order and any repetition of writes ends in the same row:
 *
 * - Every cell is written with the time of the entry that it comes from, in microseconds, and Cassandra keeps the latest
 *   of each cell. The log makes a change strictly later than its target and than each earlier change of it, so a time
 *   stands for one value.
 * - What never changes is written with the entry's `createdAt`; so is the content of a message that has not changed.
 * - The content of a changed message comes from its last change, so it is written with that one's time, whether the
 *   change itself brings it or the message comes with it folded in. `edited_at` has the last edit's time also when a
 *   deletion came after it.
 * - A column without a value is left out, never set to null: that would be a tombstone.
 *
 * A message whose content is null is therefore not complete yet. An edit's may be: its target is deleted.
 */
export function mutationsOf(entry: Entry): Mutation[] {
  return [...rowOf(entry), ...onTarget(entry), ...intoIndex(entry)];
}

/**
 * The same of an entry whose target comes folded too, as in a log that is written whole: what became of a row comes with
 * it, so that a change may be of the same time as its target, or as another change of it.
 */
export function foldedMutationsOf(entry: Entry): Mutation[] {
  return [...rowOf(entry), ...intoIndex(entry)];
}

function rowOf(entry: Entry): Mutation[] {
  const { editedAt, deletedAt } = entry;
  const mutations = [insert(entry)];
  if (editedAt !== null) mutations.push(edit(entry, deletedAt === null ? entry.content : undefined, editedAt));
  if (deletedAt !== null) mutations.push(remove(entry, deletedAt));
  return mutations;
}

function onTarget(entry: Entry): Mutation[] {
  const target = targetOf(entry);
  if (target === null) return [];
  if (entry.kind === 'edit') return [edit(target, saidBy(entry), entry.createdAt)];
  return entry.kind === 'delete' ? [remove(target, entry.createdAt)] : [];
}

function intoIndex(entry: Entry): Mutation[] {
  const target = targetOf(entry);
  return target !== null && entry.kind === 'edit' ? [indexEdit(entry, target)] : [];
}

function targetOf({ conversationId, detail }: Entry): Place | null {
  return detail?.target === undefined ? null : { conversationId, ...detail.target };
}

/** What an edit said goes with its target. */
export function erase(edit: Place, deletedAt: number): Mutation {
  return mutation(ERASE, [microsOf(deletedAt), '', ...keyOf(edit)], partitionOf(edit), 0);
}

function insert(entry: Entry): Mutation {
  const { ordinal, kind, senderId, createdAt, clientId } = entry;
  const detail = entry.detail === null ? undefined : JSON.stringify(entry.detail);
  const content = saidBy(entry);
  const values = [BigInt(ordinal), kind, senderId, createdAt, detail, clientId ?? undefined, content, microsOf(createdAt)];
  const textBytes = Buffer.byteLength(content ?? '') + Buffer.byteLength(detail ?? '');
  return mutation(INSERT, [...keyOf(entry), ...values], partitionOf(entry), textBytes);
}

/** What an entry said when it was made, as far as it is known. Of an edit it is forgotten when its target is deleted. */
function saidBy({ kind, content, editedAt, deletedAt }: Entry): string | undefined {
  if (kind === 'message') return editedAt === null && deletedAt === null ? content : undefined;
  return content === '' ? undefined : content;
}

function edit(target: Place, content: string | undefined, editedAt: number): Mutation {
  const params = [microsOf(editedAt), content, editedAt, ...keyOf(target)];
  return mutation(EDIT, params, partitionOf(target), Buffer.byteLength(content ?? ''));
}

function remove(target: Place, deletedAt: number): Mutation {
  return mutation(DELETE, [microsOf(deletedAt), '', deletedAt, ...keyOf(target)], partitionOf(target), 0);
}

function indexEdit({ conversationId, seq, messageId, createdAt }: Entry, target: Place): Mutation {
  const params = [conversationId, target.messageId, BigInt(seq), messageId, microsOf(createdAt)];
  return mutation(INDEX_EDIT, params, `edits ${conversationId} ${target.messageId}`, 0);
}

function mutation(query: string, params: Value[], partition: string, textBytes: number): Mutation {
  return { query, params, partition, bytes: STATEMENT_BYTES + textBytes };
}

const keyOf = ({ conversationId, seq, messageId }: Place) => [conversationId, bucketOf(seq), BigInt(seq), messageId] as const;
const partitionOf = ({ conversationId, seq }: Place) => `entries ${bucketOf(seq)} ${conversationId}`;
const microsOf = (ms: number) => BigInt(ms * 1_000);
