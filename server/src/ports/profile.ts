import type { Fleet } from './fleet.js';
import type { JobQueues } from './job-queues.js';
import type { Logger } from './logger.js';
import type { Meter } from './meter.js';
import type { MovedStore } from './moved.js';
import type { PresenceBoard } from './presence-board.js';
import type { Relay } from './relay.js';
import type { Runtime } from './runtime.js';
import type { SharedLimits } from './shared-limits.js';
import type { Stores } from './stores.js';

/** What a process gives to the profile that it runs on. */
export interface ProfileParts {
  runtime: Runtime;
  meter: Meter;
  logger: Logger;
  /** What this process does. */
  roles: readonly string[];
  /** The process cannot go on: whatever was acknowledged is safe, what is unanswered stays so. Called once. */
  onFatal: (error: Error) => void;
}

/** Whether a part works. */
export interface Check {
  /** Rejects, or does not answer, when it does not. */
  run: () => Promise<unknown>;
  /** Without it this server is of no use to anybody: it is not ready. */
  isVital: boolean;
}

/** Something that is done again and again, each time a bounded bit. */
export interface Job {
  name: string;
  everyMs: number;
  /** True: there is more to do at once. */
  run(): Promise<boolean>;
}

/** The way to the other servers. */
export interface Others {
  relay: Relay;
  board: PresenceBoard;
  moved: MovedStore;
  limits: SharedLimits;
  fleet: Fleet;
  /** Calls back when the others took this server for dead: they know none of its connections, which are to come again (R10). */
  onEvicted(run: () => void): void;
}

/** Where a server keeps things, and how it reaches the others. */
export interface Profile {
  stores: Stores;
  /** Null: this server is alone. */
  others: Others | null;
  /** By the name of the part. */
  checks: Record<string, Check>;
  /** What keeps the stores in order; for processes with the role `worker`. */
  jobs: readonly Job[];
  /** Null: this profile has no queues that an operator could look into. */
  queues: JobQueues | null;
  /** Lets the others know this server, once all listens that is to listen. */
  start(): Promise<void>;
  /** Finishes what was accepted, and lets everything go. Call when nothing is asked of it any more. */
  close(): Promise<void>;
}
