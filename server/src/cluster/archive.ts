import type { Entry } from '../ports/log.js';

/** Entries of one conversation, `from` to `to`, both included. */
export interface ArchiveRange {
  conversationId: string;
  from: number;
  to: number;
}

/**
 * Where entries stay for good, behind the journal. It may lag, and it may be down: whoever reads takes from the journal
 * what is not here yet. Writing an entry again writes the identical row.
 */
export interface Archive {
  /**
   * Writes entries of any conversations; resolves when all of them are stored at the configured consistency. An edit
   * or deletion also changes its target's row, whichever of the two is written first (R18).
   */
  write(entries: readonly Entry[]): Promise<void>;
  /** What is here of the range, by seq, edits and deletions folded in; rows that are not complete yet are left out. */
  read(range: ArchiveRange & { limit: number; newestFirst: boolean }): Promise<Entry[]>;
  /** Resolves if it answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}
