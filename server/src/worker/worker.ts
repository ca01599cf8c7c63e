import { LIMITS } from '@parley/protocol';
import type { Runtime, Timer } from '../ports/runtime.js';

const DAY_MS = 86_400_000;
/** A day more than promised, so that a clock that is set back breaks no promise. */
const SENDS_KEPT_MS = (LIMITS.idempotencyDays + 1) * DAY_MS;
const CHUNK_ROWS = 1_000;

/** What a job is: something that can be done again and again, each time a bounded bit. */
export interface Job {
  name: string;
  everyMs: number;
  /** True: there is more to do at once. */
  run(): Promise<boolean>;
}

export interface Retained {
  /** Both delete at most `limit` rows, and say how many. */
  purgeSends(before: number, limit: number): Promise<number>;
  purgeSessions(now: number, limit: number): Promise<number>;
}

/** Deletes what has had its time: idempotency records and sessions. */
export function retentionJobs(stores: Retained, runtime: Runtime): Job[] {
  return [
    {
      name: 'purge idempotency records',
      everyMs: 60_000,
      run: async () => (await stores.purgeSends(runtime.now() - SENDS_KEPT_MS, CHUNK_ROWS)) === CHUNK_ROWS,
    },
    {
      name: 'purge sessions',
      everyMs: 60_000,
      run: async () => (await stores.purgeSessions(runtime.now(), CHUNK_ROWS)) === CHUNK_ROWS,
    },
  ];
}

/** Runs jobs, each on its own clock, never twice at once. A failing one is logged and comes again. */
export class Worker {
  readonly #jobs: readonly Job[];
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown, job: string) => void;
  readonly #timers: Timer[] = [];
  readonly #running = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(jobs: readonly Job[], runtime: Runtime, onError: (error: unknown, job: string) => void) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#onError = onError;
  }

  start(): void {
    for (const job of this.#jobs) this.#timers.push(this.#runtime.every(job.everyMs, () => this.#start(job)));
  }

  /** Starts no more, and waits for those under way. */
  async close(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all(this.#running.values());
  }

  #start(job: Job): void {
    if (this.#running.has(job.name)) return;
    const running = this.#run(job)
      .catch((error: unknown) => this.#onError(error, job.name))
      .finally(() => this.#running.delete(job.name));
    this.#running.set(job.name, running);
  }

  async #run(job: Job): Promise<void> {
    while (!this.#stopped && (await job.run()));
  }
}
