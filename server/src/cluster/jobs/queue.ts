import { Queue, type JobsOptions } from 'bullmq';
import type { Logger } from '../../ports/logger.js';
import type { JobConnection } from './connection.js';

/** The queue of notes about absent users; the others are of repeatable jobs, one each. */
export const OFFLINE_QUEUE = 'offline';

/** Dead letters that are kept of each queue. */
export const DEAD_KEPT = 1_000;
export const DEAD_KEPT_MS = 7 * 86_400_000;
const EVENTS_KEPT = 1_000;
const STACKS_KEPT = 1;
/** Of the delay, by chance: what failed together does not come back together. */
const JITTER = 0.5;

/** How often a job is tried; from `firstRetryMs` on the waits double. After that it is a dead letter. */
export interface Retries {
  attempts: number;
  firstRetryMs: number;
}

/** Where a queue is, and who is told of its troubles. */
export interface QueuePlace {
  connection: JobConnection;
  prefix: string;
  logger: Logger;
}

/**
 * A queue, to put jobs into and look into it. What a job carries is checked where it is read. `isServed`: it is written
 * down that the queue is there.
 */
export function openQueue(
  name: string,
  { connection, prefix, logger }: QueuePlace,
  { isServed }: { isServed: boolean } = { isServed: true },
): Queue<unknown> {
  const queue = new Queue<unknown>(name, {
    connection: connection.client,
    prefix,
    skipMetasUpdate: !isServed,
    streams: { events: { maxLen: EVENTS_KEPT } },
  });
  queue.on('error', (error) => logger.debug({ err: error, queue: name }, 'a job queue'));
  return queue;
}

export function jobOptions({ attempts, firstRetryMs }: Retries): JobsOptions {
  return {
    attempts,
    backoff: { type: 'exponential', delay: firstRetryMs, jitter: JITTER },
    removeOnComplete: true,
    removeOnFail: { count: DEAD_KEPT, age: DEAD_KEPT_MS / 1_000 },
    stackTraceLimit: STACKS_KEPT,
  };
}
