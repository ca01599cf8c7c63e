import type { Job as BullJob, Queue } from 'bullmq';
import { AppendRefused } from '../../ports/log.js';
import type { Job } from '../../ports/profile.js';
import type { Runtime } from '../../ports/runtime.js';
import { OFFLINE_QUEUE, openQueue, type QueuePlace } from './queue.js';
import { TimedOut, withTimeLimit } from './time-limit.js';
import { JobWorker } from './worker.js';

/** Runs that hang in this process before it takes no more of that job: each may hold on to a connection. */
const HUNG_MAX = 2;
/** Of those that wait: the next turn, and the retry of one, as a rule. */
const TURNS_SEEN = 10;

export interface RepeatableParts {
  /** Where its turns are taken from, and where they are looked after: the latter fails fast. */
  work: QueuePlace;
  look: QueuePlace;
  runtime: Runtime;
  lockMs: number;
  /** One `run` may take so long. */
  runLimitMs: number;
}

/**
 * A job that comes again and again, on one worker process of the cluster at a time. Each has a queue of its own with room
 * for one at once, so that none waits for another.
 *
 * A process that hangs, or whose Redis lost everything, may still be in a `run` when another begins one: a `run` must
 * bear that. It does not begin a further one.
 */
export class Repeatable {
  readonly job: Job;
  readonly queue: Queue<unknown>;
  readonly worker: JobWorker;
  readonly #parts: RepeatableParts;
  #isStopped = false;
  #heldUntil = 0;
  #hung = 0;

  constructor(job: Job, parts: RepeatableParts) {
    this.job = job;
    this.#parts = parts;
    const name = queueOf(job);
    this.queue = openQueue(name, parts.look);
    this.worker = new JobWorker({ queue: name, concurrency: 1, lockMs: parts.lockMs }, (turn) => this.#take(turn), parts.work);
    this.worker.bull.on('locksRenewed', () => this.#held());
    this.worker.bull.on('lockRenewalFailed', () => (this.#heldUntil = 0));
  }

  /** Begins no further run, also where there is more to do. */
  stop(): void {
    this.#isStopped = true;
  }

  async #take(turn: BullJob<unknown>): Promise<void> {
    this.#held();
    if (await this.#isLeftToRetry(turn)) return;
    while ((await this.#run()) && !this.#isStopped && this.#isHeld());
  }

  /** A job that fails is tried again at the pace of its retries, not with each turn as well. */
  async #isLeftToRetry({ attemptsMade }: BullJob<unknown>): Promise<boolean> {
    if (attemptsMade > 0) return false;
    const others = await this.queue.getJobs(['wait', 'delayed'], 0, TURNS_SEEN - 1);
    return others.some((other) => other.attemptsMade > 0);
  }

  async #run(): Promise<boolean> {
    const { runtime, runLimitMs } = this.#parts;
    if (this.#hung >= HUNG_MAX) throw new Error(`${this.#hung} runs of it hang in this process`);
    const run = this.job.run();
    try {
      return await withTimeLimit(run, runLimitMs, this.job.name, runtime);
    } catch (error) {
      if (error instanceof TimedOut) this.#countHung(run);
      if (!(error instanceof AppendRefused)) throw error;
      // A store that refuses for now is no fault of the job's: nothing for an operator to look at, and its next turn is due.
      this.#parts.work.logger.debug({ err: error, job: this.job.name }, 'a job waits for the store');
      return false;
    }
  }

  #countHung(run: Promise<unknown>): void {
    this.#hung += 1;
    const settled = () => (this.#hung -= 1);
    run.then(settled, settled);
  }

  #held(): void {
    this.#heldUntil = this.#parts.runtime.monotonic() + this.#parts.lockMs;
  }

  /** While Redis does not answer, the lock runs out unseen. */
  #isHeld(): boolean {
    return this.#parts.runtime.monotonic() < this.#heldUntil;
  }
}

/** The name of a job's queue. */
export function queueOf({ name }: Job): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** Two jobs in one queue would take each other's turns. */
export function checkNames(jobs: readonly Job[]): void {
  const names = [OFFLINE_QUEUE, ...jobs.map(queueOf)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two jobs have the queue ${twice}`);
}
