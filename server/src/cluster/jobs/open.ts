import type { Logger } from '../../ports/logger.js';
import type { OfflineQueue } from '../../ports/offline.js';
import type { Job } from '../../ports/profile.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';
import { COMMAND_MS, JobConnection, jobPrefix } from './connection.js';
import type { JobMeter } from './gauges.js';
import { QueuedOffline } from './offline-jobs.js';
import { openOfflineWorker } from './offline-worker.js';
import { OFFLINE_QUEUE, openQueue, type QueuePlace, type Retries } from './queue.js';
import { checkNames, Repeatable } from './repeatable.js';
import { FORGOTTEN_MS, Schedules } from './schedules.js';
import { Upkeep } from './upkeep.js';
import { closeWorkers, LOCK_MS } from './worker.js';

export interface JobsParts {
  redis: RedisOptions;
  /** Where notes go in the end, and who answers for them. */
  offline: OfflineQueue;
  jobs: readonly Job[];
  /** Whether this process does jobs, or only puts them into queues. */
  isWorker: boolean;
  runtime: Runtime;
  meter: JobMeter;
  logger: Logger;
  limits?: Partial<JobLimits>;
}

export interface JobLimits {
  lockMs: number;
  /** One `run` of a job, or one conversation's notes. */
  runLimitMs: number;
  /** How long closing waits for what runs. */
  closeMs: number;
  forgottenMs: number;
  /** Of the jobs that come again and again. */
  retries: Retries;
}

const LIMITS: JobLimits = {
  lockMs: LOCK_MS,
  runLimitMs: 60_000,
  closeMs: 5_000,
  forgottenMs: FORGOTTEN_MS,
  retries: { attempts: 5, firstRetryMs: 1_000 },
};

export interface Jobs {
  offline: OfflineQueue;
  /** Hands over the last notes and finishes the jobs under way, or leaves them to another worker after `closeMs`. */
  close(): Promise<void>;
}

/** Opens the queues, and in a worker does what is in them. Comes up without Redis too, and goes on when it is there. */
export async function openJobs(parts: JobsParts): Promise<Jobs> {
  const { redis, offline: inner, jobs, isWorker, runtime, logger } = parts;
  checkNames(jobs);
  const prefix = jobPrefix(redis);
  const connection = new JobConnection(redis, 'produce', logger);
  const look: QueuePlace = { connection, prefix, logger };
  const queue = openQueue(OFFLINE_QUEUE, look);
  const offline = new QueuedOffline({ inner, queue, connection, prefix, runtime, logger });
  await connection.ready(COMMAND_MS, runtime);
  const crew = isWorker ? await openCrew(parts, look) : null;
  let closed: Promise<void> | null = null;
  const close = async () => {
    await offline.close();
    await crew?.close();
    connection.close();
  };
  return { offline, close: () => (closed ??= close()) };
}

/** The workers of this process, and what looks after their queues. */
async function openCrew(parts: JobsParts, look: QueuePlace): Promise<{ close(): Promise<void> }> {
  const { redis, offline: inner, jobs, runtime, meter, logger } = parts;
  const { lockMs, runLimitMs, closeMs, forgottenMs, retries } = { ...LIMITS, ...parts.limits };
  const connection = new JobConnection(redis, 'work', logger);
  const work: QueuePlace = { ...look, connection };
  const repeatables = jobs.map((job) => new Repeatable(job, { work, look, runtime, lockMs, runLimitMs }));
  const notes = openOfflineWorker({ ...work, inner, runtime, lockMs, limitMs: runLimitMs });
  const schedules = new Schedules({ place: look, repeatables, retries, runtime, logger, forgottenMs });
  const queues = [openQueue(OFFLINE_QUEUE, look), ...repeatables.map(({ queue }) => queue)];
  const upkeep = new Upkeep({ connection: look.connection, queues, schedules, runtime, meter, logger });
  await upkeep.start();
  return {
    close: async () => {
      for (const each of repeatables) each.stop();
      await upkeep.stop();
      await closeWorkers([notes, ...repeatables.map(({ worker }) => worker)], closeMs, runtime);
      connection.close();
    },
  };
}
