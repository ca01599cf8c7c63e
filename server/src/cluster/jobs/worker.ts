import { Worker, type Job as BullJob } from 'bullmq';
import type { Runtime } from '../../ports/runtime.js';
import { TimedOut, withTimeLimit } from './time-limit.js';
import type { QueuePlace } from './queue.js';

/** A process that died is noticed when its jobs' locks have run out: after this, and the next look (`STALLED_MS`). */
export const LOCK_MS = 10_000;
const STALLED_MS = 5_000;
/** A job that took so many processes with it is dead. */
const STALLED_MAX = 3;
/** How long an idle worker waits for news in one read. */
const BLOCK_S = 2;
/** After an error of Redis that is none of the connection. */
const RETRY_MS = 1_000;

export interface JobWorkerOptions {
  queue: string;
  /** Jobs at once in this process. */
  concurrency: number;
  lockMs: number;
}

/** Takes jobs of a queue; nobody else has the same one meanwhile. */
export class JobWorker {
  readonly bull: Worker<unknown>;
  readonly #place: QueuePlace;
  readonly #process: (job: BullJob<unknown>) => Promise<void>;
  readonly #running = new Set<Promise<void>>();

  constructor(options: JobWorkerOptions, process: (job: BullJob<unknown>) => Promise<void>, place: QueuePlace) {
    this.#place = place;
    this.#process = process;
    this.bull = this.#open(options);
    this.#log(options.queue);
  }

  /** Takes no more, and resolves when those under way have ended. */
  async close(): Promise<void> {
    if (this.#place.connection.isUp) return this.bull.close();
    // BullMQ would wait for Redis. What ends now is done again elsewhere, for nobody can be told.
    await Promise.allSettled(this.#running);
    this.bull.close(true).catch(() => undefined);
  }

  #open({ queue, concurrency, lockMs }: JobWorkerOptions): Worker<unknown> {
    const { connection, prefix } = this.#place;
    return new Worker<unknown>(queue, (job) => this.#take(job), {
      connection: connection.client,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.min(STALLED_MS, lockMs / 2),
      maxStalledCount: STALLED_MAX,
      drainDelay: BLOCK_S,
      runRetryDelay: RETRY_MS,
    });
  }

  async #take(job: BullJob<unknown>): Promise<void> {
    const running = this.#process(job);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  #log(queue: string): void {
    const { connection, logger } = this.#place;
    this.bull.on('error', (error) => {
      if (connection.isUp) logger.warn({ err: error, queue }, 'a job worker');
      else logger.debug({ err: error, queue }, 'a job worker');
    });
    this.bull.on('stalled', (id) => logger.warn({ queue, id }, 'a job lost its process and is done again'));
    this.bull.on('failed', (job, error) => {
      const fields = { err: error, queue, id: job?.id, job: job?.name, attempt: job?.attemptsMade };
      if (job?.finishedOn === undefined) logger.warn(fields, 'a job failed and is tried again');
      else logger.error(fields, 'a job failed for good: npm run jobs -- list --dead');
    });
  }
}

/** Lets the jobs under way end, for as long as `limitMs`; what is not done then is taken by another process. */
export async function closeWorkers(workers: readonly JobWorker[], limitMs: number, runtime: Runtime): Promise<void> {
  try {
    await withTimeLimit(Promise.all(workers.map((worker) => worker.close())), limitMs, 'closing the job workers', runtime);
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
  }
}
