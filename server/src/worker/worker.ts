import type { Job } from '../ports/profile.js';
import type { Runtime, Timer } from '../ports/runtime.js';

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
