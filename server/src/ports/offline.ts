/** One pending conversation of one absent user: from the first entry that was not received, to the log's end. */
export interface OfflineRow {
  userId: string;
  conversationId: string;
  firstSeq: number;
}

/**
 * Who is owed what while away: an index for notifying, not the truth (counts come from cursors).
 * ACK moves the first seq or deletes the row, in the log's own commit (R22).
 */
export interface OfflineQueue {
  /** Notes that these users missed the entry at `seq`. Does nothing where a row is there, or the user has received it. */
  note(conversationId: string, userIds: string[], seq: number, at: number): Promise<void>;
  /** By conversation id. */
  pending(userId: string, limit: number): Promise<OfflineRow[]>;
  size(): Promise<number>;
  /**
   * Makes rows from cursors for the user: after a crash between a commit and its note. Not of groups above
   * `LIMITS.receiptsPushedUpToMembers`, of which nothing is noted either (R12).
   */
  rebuild(userId: string, at: number): Promise<void>;
}
