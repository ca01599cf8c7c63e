import type { DeadSeen, JobQueues, QueueSeen } from '../../ports/job-queues.js';
import { AppendRefused } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';
import { Inspection } from './inspection.js';

/** Looks into the queues once somebody asks; most servers are never asked, and have no connection for it. */
export class LateInspection implements JobQueues {
  readonly #open: () => Promise<Inspection>;
  #inspection: Promise<Inspection> | null = null;

  constructor(redis: RedisOptions, runtime: Runtime, logger: Logger) {
    this.#open = () => Inspection.open(redis, runtime, logger);
  }

  queues(): Promise<QueueSeen[]> {
    return this.#ask((inspection) => inspection.queues());
  }

  async dead(): Promise<DeadSeen[]> {
    const dead = await this.#ask((inspection) => inspection.dead());
    return dead.map(({ id, name, attempts, addedAt, failedAt, reason, data }) => ({
      id,
      name,
      attempts,
      addedAt,
      failedAt,
      reason,
      data,
    }));
  }

  replay(id: string): Promise<void> {
    return this.#ask((inspection) => inspection.replay(id));
  }

  drop(id: string): Promise<void> {
    return this.#ask((inspection) => inspection.drop(id));
  }

  async close(): Promise<void> {
    await this.#inspection?.then(
      (inspection) => inspection.close(),
      () => undefined,
    );
  }

  async #ask<T>(question: (inspection: Inspection) => Promise<T>): Promise<T> {
    this.#inspection ??= this.#open().catch(() => {
      this.#inspection = null;
      throw new AppendRefused('overloaded');
    });
    const inspection = await this.#inspection;
    if (!inspection.isUp) throw new AppendRefused('overloaded');
    return question(inspection);
  }
}
