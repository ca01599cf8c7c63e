/** A rate as the buckets of the doors have it: `perS` steadily, `burst` at once. */
export interface SharedRate {
  perS: number;
  burst: number;
}

/** What was taken from one bucket of one kind, such as the messages of a user. */
export interface LimitTaken {
  /** Which kind of bucket: a word. */
  bucket: string;
  key: string;
  cost: number;
  rate: SharedRate;
}

/**
 * Rates that all servers share, without a round trip before a decision: each server decides by its own bucket, says here
 * what it took, and hears how full the bucket is with what all took. So all together allow the burst once, and a little
 * more for what was under way. Without the way to the others each limits alone (R23).
 *
 * The buckets of the doors are the one place that knows how to decide: `note` is called for what was taken, not for what
 * was refused, and `moved` may only make a bucket emptier.
 */
export interface SharedLimits {
  /** Call once. `fullInMs`: so long until the bucket is full again if nothing more is taken. */
  listen(moved: (bucket: string, key: string, fullInMs: number) => void): void;
  /** Never rejects, and costs no wait. */
  note(taken: LimitTaken): void;
}
