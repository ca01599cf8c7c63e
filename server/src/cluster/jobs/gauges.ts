import type { Queue } from 'bullmq';
import { OFFLINE_QUEUE } from './queue.js';

/** The same on every worker, for they are of the whole cluster. */
export type JobGauge = 'jobs_waiting' | 'jobs_active' | 'jobs_dead';

/** The part of `Meter` that the jobs use. */
export interface JobMeter {
  set(name: JobGauge, value: number): void;
}

/** Tells the lengths of all queues together. */
export async function gaugeJobs(queues: readonly Queue<unknown>[], meter: JobMeter): Promise<void> {
  const sums = { waiting: 0, active: 0, dead: 0 };
  for (const counts of await Promise.all(queues.map(countsOf))) {
    sums.waiting += counts.waiting;
    sums.active += counts.active;
    sums.dead += counts.dead;
  }
  meter.set('jobs_waiting', sums.waiting);
  meter.set('jobs_active', sums.active);
  meter.set('jobs_dead', sums.dead);
}

/** Delayed is a note that waits for its retry, but of a repeatable job also the next turn, which is not due. */
async function countsOf(queue: Queue<unknown>): Promise<{ waiting: number; active: number; dead: number }> {
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
  return { waiting: queue.name === OFFLINE_QUEUE ? wait + delayed : wait, active, dead: failed };
}
