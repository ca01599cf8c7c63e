/**
 * How many seqs share a partition. Of 200-byte messages that is some 0.4 MB, of the largest allowed (16 KB) 17 MB:
 * both far below the 100 MB from which Cassandra warns, and large enough that nearly every page lies in one.
 */
export const BUCKET_SEQS = 1_000;

export function bucketOf(seq: number): number {
  return Math.floor(seq / BUCKET_SEQS);
}

/** A node runs these once; each is left alone where it exists already. */
export const TABLES: Record<'log_entries' | 'edits', string> = {
  /**
   * The message id is in the key because after a failover of PostgreSQL a seq can come twice (R5). `content`,
   * `edited_at` and `deleted_at` change with later entries, the rest never; see mutations.ts.
   *
   * Unified compaction, because a row is written once and read little; nothing expires, so no time windows. Zstd,
   * because text for good is read rarely; in chunks of 16 KB, because that is a page of short messages.
   */
  log_entries: `(
    conversation_id text, bucket int, seq bigint, message_id text,
    ordinal bigint, kind text, sender_id text, created_at timestamp, detail text, client_id text,
    content text, edited_at timestamp, deleted_at timestamp,
    PRIMARY KEY ((conversation_id, bucket), seq, message_id)
  ) WITH CLUSTERING ORDER BY (seq DESC, message_id DESC)
    AND compaction = {'class': 'UnifiedCompactionStrategy'}
    AND compression = {'class': 'ZstdCompressor', 'chunk_length_in_kb': 16}`,
  /** Which edits a message has, so that what they said goes when it is deleted. */
  edits: `(
    conversation_id text, target_id text, seq bigint, message_id text,
    PRIMARY KEY ((conversation_id, target_id), seq, message_id)
  ) WITH compaction = {'class': 'UnifiedCompactionStrategy'}`,
};
