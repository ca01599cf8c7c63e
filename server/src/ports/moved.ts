/** Entries of a conversation that other servers appended, by seq, both included; `firstAt`: when the first was made. */
export interface Moved {
  conversationId: string;
  from: number;
  to: number;
  firstAt: number;
}

/** What other servers appended lately, as the log's database knows it: finds what the relay lost (R9). */
export interface MovedStore {
  /**
   * Conversations of these users with entries that other servers appended at or after `since`, a time of the store's
   * own clock; null: lately. `now` is that clock, for the next question.
   */
  movedSince(query: {
    userIds: readonly string[];
    since: number | null;
    limit: number;
  }): Promise<{ now: number; moved: Moved[] }>;
}
