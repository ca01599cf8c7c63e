import type { Queue } from 'bullmq';
import type { Logger } from '../../ports/logger.js';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { JobConnection } from './connection.js';
import { gaugeJobs, type JobMeter } from './gauges.js';
import { DEAD_KEPT, DEAD_KEPT_MS } from './queue.js';
import type { Schedules } from './schedules.js';

const EVERY_MS = 3_000;
const SWEEP_MS = 60_000;

export interface UpkeepParts {
  connection: JobConnection;
  /** All that this worker serves. */
  queues: readonly Queue<unknown>[];
  schedules: Schedules;
  runtime: Runtime;
  meter: JobMeter;
  logger: Logger;
}

/** What a worker looks after all the time: schedules that are gone, figures, dead letters that are too old. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Resolves after the first round. */
  start(): Promise<void> {
    this.#timer = this.#parts.runtime.every(EVERY_MS, () => void this.#round());
    return this.#round();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
  }

  #round(): Promise<void> {
    this.#running ??= this.#look().finally(() => (this.#running = null));
    return this.#running;
  }

  async #look(): Promise<void> {
    const { connection, queues, schedules, meter, logger } = this.#parts;
    if (!connection.isUp) return;
    try {
      await schedules.keep();
      await gaugeJobs(queues, meter);
      await this.#sweep();
    } catch (error) {
      if (connection.isUp) logger.warn({ err: error }, 'looking after the job queues failed and is tried again');
    }
  }

  /** BullMQ does it when another job dies, which may be never. */
  async #sweep(): Promise<void> {
    const now = this.#parts.runtime.monotonic();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const queue of this.#parts.queues) await queue.clean(DEAD_KEPT_MS, DEAD_KEPT, 'failed');
  }
}
