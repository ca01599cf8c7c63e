/** Bounds of the store. Above those on what waits, calls are refused as `overloaded` before anything is accepted (R7). */
export interface PostgresLimits {
  batchMaxCalls: number;
  batchMaxChars: number;
  /** Of each lane. */
  waitingMaxCalls: number;
  waitingMaxChars: number;
  /** What has waited that long for its turn is refused, and never committed. */
  waitingMaxMs: number;
  /** Entries on their way to the archive that are kept in memory; above that they are read from the journal again. */
  unarchivedMaxEntries: number;
  unarchivedMaxChars: number;
}

export const POSTGRES_LIMITS: PostgresLimits = {
  batchMaxCalls: 256,
  batchMaxChars: 1024 * 1024,
  waitingMaxCalls: 10_000,
  waitingMaxChars: 16 * 1024 * 1024,
  waitingMaxMs: 10_000,
  unarchivedMaxEntries: 20_000,
  unarchivedMaxChars: 16 * 1024 * 1024,
};
