import type { Job as BullJob, Queue } from 'bullmq';
import { NoSuchJob, type QueueSeen } from '../../ports/job-queues.js';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import { inLanes } from '../in-lanes.js';
import type { RedisOptions } from '../options.js';
import { JobConnection, jobPrefix } from './connection.js';
import { DEAD_KEPT, OFFLINE_QUEUE, openQueue, type QueuePlace } from './queue.js';
import { Registry } from './registry.js';

const CONNECT_MS = 5_000;
const SHOWN_OF_STATE = 100;
const AT_ONCE = 20;
const STATES = ['active', 'wait', 'delayed'] as const;

export type SeenState = 'waiting' | 'active' | 'delayed' | 'dead';

/** A job as an operator sees it. */
export interface JobSeen {
  /** `queue/id`: unique over all queues. */
  id: string;
  name: string;
  state: SeenState;
  attempts: number;
  /** When it was added, and when it failed for good. */
  addedAt: number;
  failedAt: number | null;
  reason: string | null;
  stack: string | null;
  data: string;
}

/** Looks into the queues from outside, and takes up what is dead. */
export class Inspection {
  readonly #place: QueuePlace;
  readonly #registry: Registry;
  readonly #queues = new Map<string, Queue<unknown>>();

  private constructor(place: QueuePlace) {
    this.#place = place;
    this.#registry = new Registry(place.connection.client, place.prefix);
  }

  /** Throws when Redis does not answer. */
  static async open(redis: RedisOptions, runtime: Runtime, logger: Logger): Promise<Inspection> {
    const connection = new JobConnection(redis, 'produce', logger);
    await connection.ready(CONNECT_MS, runtime);
    if (connection.isUp) return new Inspection({ connection, prefix: jobPrefix(redis), logger });
    connection.close();
    throw new Error(`Redis does not answer (waited ${CONNECT_MS / 1_000} s): look at the REDIS_ settings.`);
  }

  get isUp(): boolean {
    return this.#place.connection.isUp;
  }

  close(): void {
    this.#place.connection.close();
  }

  async queues(): Promise<QueueSeen[]> {
    return Promise.all((await this.#names()).map((name) => this.#queueSeen(name)));
  }

  /** What is in one queue, the oldest of each state first. */
  async jobs(name: string): Promise<JobSeen[]> {
    const queue = await this.#queue(name);
    const seen = await Promise.all(
      STATES.map(async (state) => {
        const jobs = await queue.getJobs(state, 0, SHOWN_OF_STATE - 1, true);
        return jobs.map((job) => seenJob(name, job, state === 'wait' ? 'waiting' : state));
      }),
    );
    return [...seen.flat(), ...(await this.dead(name))];
  }

  /** Dead letters, the newest first; of one queue or of all. */
  async dead(name?: string): Promise<JobSeen[]> {
    const names = name === undefined ? await this.#names() : [name];
    const letters = await Promise.all(names.map(async (each) => this.#deadOf(await this.#queue(each))));
    return letters.flat().sort((a, b) => (b.failedAt ?? 0) - (a.failedAt ?? 0));
  }

  async show(id: string): Promise<JobSeen> {
    const { queue, job } = await this.#job(id);
    return seenJob(queue.name, job, stateOf(await job.getState()));
  }

  /** Puts a dead letter into its queue again, with all its attempts. */
  async replay(id: string): Promise<void> {
    const { job } = await this.#deadJob(id);
    await retry(job);
  }

  /** Deletes a dead letter. */
  async drop(id: string): Promise<void> {
    const { job } = await this.#deadJob(id);
    await job.remove();
  }

  /** All that are dead, of one queue or of all. Resolves to how many. */
  async replayAll(name?: string): Promise<number> {
    return this.#eachDead(name, retry);
  }

  async dropAll(name?: string): Promise<number> {
    return this.#eachDead(name, (job) => job.remove());
  }

  async #eachDead(name: string | undefined, act: (job: BullJob<unknown>) => Promise<void>): Promise<number> {
    const names = name === undefined ? await this.#names() : [name];
    let count = 0;
    for (const each of names) {
      const dead = await (await this.#queue(each)).getFailed(0, DEAD_KEPT - 1);
      await inLanes(dead, AT_ONCE, act);
      count += dead.length;
    }
    return count;
  }

  async #names(): Promise<string[]> {
    return [...new Set([OFFLINE_QUEUE, ...(await this.#registry.all())])];
  }

  async #queue(name: string): Promise<Queue<unknown>> {
    const names = await this.#names();
    if (!names.includes(name)) throw new NoSuchJob(`There is no queue ${name}. There are: ${names.join(', ')}.`);
    const queue = this.#queues.get(name) ?? openQueue(name, this.#place, { isServed: false });
    this.#queues.set(name, queue);
    return queue;
  }

  async #queueSeen(name: string): Promise<QueueSeen> {
    const queue = await this.#queue(name);
    const { wait = 0, active = 0, delayed = 0, failed = 0 } = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
    const schedule = name === OFFLINE_QUEUE ? undefined : await queue.getJobScheduler(name);
    return { queue: name, waiting: wait, active, delayed, dead: failed, nextAt: schedule?.next ?? null };
  }

  async #deadOf(queue: Queue<unknown>): Promise<JobSeen[]> {
    return (await queue.getFailed(0, DEAD_KEPT - 1)).map((job) => seenJob(queue.name, job, 'dead'));
  }

  async #job(id: string): Promise<{ queue: Queue<unknown>; job: BullJob<unknown> }> {
    const { name, bullId } = parseId(id);
    const queue = await this.#queue(name);
    const job = await queue.getJob(bullId);
    if (job === undefined) throw new NoSuchJob(`There is no job ${id}: done, dropped, or lost with Redis.`);
    return { queue, job };
  }

  async #deadJob(id: string): Promise<{ job: BullJob<unknown> }> {
    const { job } = await this.#job(id);
    if (!(await job.isFailed())) throw new NoSuchJob(`${id} is not dead but ${stateOf(await job.getState())}.`);
    return { job };
  }
}

const retry = (job: BullJob<unknown>) => job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });

/** A turn of a repeatable job is named by BullMQ after its queue once more; the operator is spared that. */
const turnPrefix = (queue: string) => `repeat:${queue}:`;

function shownId(queue: string, bullId: string): string {
  const prefix = turnPrefix(queue);
  return `${queue}/${bullId.startsWith(prefix) ? bullId.slice(prefix.length) : bullId}`;
}

function parseId(id: string): { name: string; bullId: string } {
  const slash = id.indexOf('/');
  if (slash <= 0 || slash === id.length - 1) throw new NoSuchJob(`${id} is no job: expected queue/id, as list --dead shows it.`);
  const name = id.slice(0, slash);
  const rest = id.slice(slash + 1);
  return { name, bullId: name === OFFLINE_QUEUE ? rest : `${turnPrefix(name)}${rest}` };
}

function stateOf(state: string): SeenState {
  if (state === 'active' || state === 'delayed') return state;
  return state === 'failed' ? 'dead' : 'waiting';
}

function seenJob(queue: string, job: BullJob<unknown>, state: SeenState): JobSeen {
  return {
    id: shownId(queue, job.id ?? ''),
    name: job.name,
    state,
    attempts: job.attemptsMade,
    addedAt: job.timestamp,
    failedAt: state === 'dead' ? (job.finishedOn ?? null) : null,
    reason: job.failedReason || null,
    stack: job.stacktrace?.at(-1) ?? null,
    data: JSON.stringify(job.data),
  };
}
