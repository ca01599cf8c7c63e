import { monitorEventLoopDelay } from 'node:perf_hooks';

const PERIOD_MS = 2;

/** Watches this process's own event loop: a generator that lags measures itself. */
export class LoopWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: PERIOD_MS });

  start(): void {
    this.#delays.enable();
  }

  stop(): void {
    this.#delays.disable();
  }

  /** Beyond the monitor's own period. */
  get p99Ms(): number {
    return this.#delays.count === 0 ? 0 : Math.max(0, this.#delays.percentile(99) / 1e6 - PERIOD_MS);
  }
}
