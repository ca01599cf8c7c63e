import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import { jobOptions, OFFLINE_QUEUE, openQueue, type QueuePlace, type Retries } from './queue.js';
import { Registry } from './registry.js';
import { queueOf, type Repeatable } from './repeatable.js';

/**
 * A queue that no worker serves goes after this. Not at once: while versions change, one worker knows a job and another
 * does not. Above what the clocks of workers differ by.
 */
export const FORGOTTEN_MS = 60_000;

export interface SchedulesParts {
  place: QueuePlace;
  repeatables: readonly Repeatable[];
  retries: Retries;
  runtime: Runtime;
  logger: Logger;
  forgottenMs: number;
}

/** That each job has its schedule, and no other job has one. */
export class Schedules {
  readonly #parts: SchedulesParts;
  readonly #registry: Registry;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
    this.#registry = new Registry(parts.place.connection.client, parts.place.prefix);
  }

  /** Makes what is missing, such as everything after FLUSHALL. */
  async keep(): Promise<void> {
    const { repeatables, runtime, forgottenMs } = this.#parts;
    const queues = [OFFLINE_QUEUE, ...repeatables.map(({ job }) => queueOf(job))];
    const now = runtime.now();
    await this.#registry.confirm(queues, now);
    await Promise.all(repeatables.map((each) => this.#keepOne(each)));
    for (const queue of await this.#registry.unconfirmedSince(now - forgottenMs)) await this.#remove(queue);
  }

  async #keepOne({ job, queue }: Repeatable): Promise<void> {
    // Before the schedule: without it two workers could have two turns at once.
    if ((await queue.getGlobalConcurrency()) !== 1) await queue.setGlobalConcurrency(1);
    const [schedule, counts] = await Promise.all([
      queue.getJobScheduler(queueOf(job)),
      queue.getJobCounts('wait', 'active', 'delayed', 'prioritized'),
    ]);
    // A turn makes the next one when it begins. With none there, none would ever come.
    const isBroken = Object.values(counts).every((count) => count === 0);
    if (schedule?.every === job.everyMs && !isBroken) return;
    await queue.upsertJobScheduler(
      queueOf(job),
      { every: job.everyMs },
      { name: job.name, data: {}, opts: jobOptions(this.#parts.retries) },
    );
  }

  async #remove(name: string): Promise<void> {
    const queue = openQueue(name, this.#parts.place, { isServed: false });
    await queue.removeJobScheduler(name);
    await queue.obliterate({ force: true });
    await queue.close();
    await this.#registry.remove(name);
    this.#parts.logger.info({ queue: name }, 'removed the queue of a job that nobody knows any more');
  }
}
