/** How much the client keeps and how long it waits; each bound has its unit in its name. */
export interface Bounds {
  /** Entries held of one conversation; older ones are dropped, and fetched again when asked for. */
  timelineMaxEntries: number;
  /** Opened conversations whose entries are held; those opened longest ago are fetched again when they are opened. */
  timelinesMaxOpen: number;
  /** An opened conversation that is further behind than this shows its newest page and a gap instead of catching up. */
  catchUpMaxEntries: number;
  pageEntries: number;
  /** One's own SUCCESS may overtake the entries before it by this much; that is not a gap yet. */
  overtakingMs: number;
  /** ACK after this many entries, or this long after the first of them (R20). */
  ackEveryEntries: number;
  ackDelayMs: number;
  /** READs of one conversation are gathered this long. */
  readDelayMs: number;
  /** Somebody who is typing says so at most this often … */
  typingEveryMs: number;
  /** … and is shown for this long. */
  typingShownMs: number;
  /** Messages of one conversation that may wait for their SUCCESS at a time, and of all together. */
  outboxWindow: number;
  outboxTotalWindow: number;
  /** Messages that may wait in the outbox, all conversations together. */
  outboxMaxMessages: number;
  /** An answer that takes longer is given up. */
  requestDeadlineMs: number;
  /** Events that may wait for the inbox to be read. */
  heldMaxEvents: number;
  /** The first page of the inbox is small, so that something is there soon; those after it are larger. */
  inboxFirstConversations: number;
  inboxPageConversations: number;
}

export const BOUNDS: Bounds = {
  timelineMaxEntries: 5_000,
  timelinesMaxOpen: 1_000,
  catchUpMaxEntries: 500,
  pageEntries: 100,
  overtakingMs: 100,
  ackEveryEntries: 32,
  ackDelayMs: 1_000,
  readDelayMs: 200,
  typingEveryMs: 3_000,
  typingShownMs: 5_000,
  outboxWindow: 32,
  outboxTotalWindow: 256,
  outboxMaxMessages: 10_000,
  requestDeadlineMs: 15_000,
  heldMaxEvents: 5_000,
  inboxFirstConversations: 40,
  inboxPageConversations: 200,
};
