import type { http } from '@parley/protocol';

/** A queue in figures. */
export type QueueSeen = http.JobQueue;
/** A job that failed for good, as an operator sees it. */
export type DeadSeen = http.DeadLetter;

/** There is no such job, or it is not dead. The message is for people. */
export class NoSuchJob extends Error {
  override name = 'NoSuchJob';
}

/** The queues of jobs, looked at from outside. Rejects with `AppendRefused` while they cannot be reached. */
export interface JobQueues {
  queues(): Promise<QueueSeen[]>;
  /** The newest first, of all queues. */
  dead(): Promise<DeadSeen[]>;
  /** Puts a dead letter into its queue again, with all its attempts. Throws `NoSuchJob`. */
  replay(id: string): Promise<void>;
  /** Deletes a dead letter. Throws `NoSuchJob`. */
  drop(id: string): Promise<void>;
}
