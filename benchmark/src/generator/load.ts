import { setTimeout as sleep } from 'node:timers/promises';
import { parley } from '../dialects/parley.js';
import { relay } from '../dialects/relay.js';
import { Crowd } from './crowd.js';
import { LoopWatch } from './loop-watch.js';
import { pacerOf } from './pace.js';
import type { FromGenerator, LoadReport, Plan } from './plan.js';
import { Tally } from './tally.js';

const DIALECTS = { parley, relay };
const DRAIN_MAX_MS = 15_000;
const DRAIN_POLL_MS = 50;
const PROGRESS_MS = 1_000;

/** A load, from its first connection to its report. */
export class Load {
  readonly #plan: Plan;
  readonly #tell: (message: FromGenerator) => void;
  readonly #tally = new Tally();
  readonly #watch = new LoopWatch();
  readonly #crowd: Crowd;

  constructor(plan: Plan, tell: (message: FromGenerator) => void) {
    this.#plan = plan;
    this.#tell = tell;
    this.#crowd = new Crowd(plan, DIALECTS[plan.dialect], this.#tally);
  }

  async open(): Promise<void> {
    const from = performance.now();
    const progress = setInterval(() => this.#tell({ type: 'connecting', done }), PROGRESS_MS);
    let done = 0;
    await this.#crowd.open((count) => (done = count)).finally(() => clearInterval(progress));
    this.#tell({ type: 'connected', ms: performance.now() - from });
  }

  /** Sends as planned, measures a window of it, and waits for what is on its way. */
  async run(): Promise<void> {
    const { pace, streams, warmUpMs, measureMs } = this.#plan;
    const pacer = pacerOf(pace, streams.length, (stream, stamp) => this.#crowd.send(stream, stamp));
    this.#crowd.onAnswered = (stream) => pacer.answered(stream);
    const progress = setInterval(() => this.#tell({ type: 'progress', ...this.#soFar() }), PROGRESS_MS);
    pacer.start();
    await sleep(warmUpMs);
    this.#watch.start();
    this.#tally.beginWindow();
    this.#tell({ type: 'measuring' });
    await sleep(measureMs);
    this.#tally.endWindow();
    this.#watch.stop();
    this.#tell({ type: 'measured' });
    pacer.stop();
    await this.#drained();
    clearInterval(progress);
  }

  report(): LoadReport {
    const lost = this.#crowd.lost();
    return { ...this.#tally.report(), lost, unanswered: this.#crowd.unanswered(), ownLagP99: this.#watch.p99Ms };
  }

  close(): void {
    this.#crowd.close();
  }

  #soFar(): { delivered: number; acknowledged: number } {
    const { delivered, acknowledged } = this.#tally.counts;
    return { delivered, acknowledged };
  }

  async #drained(): Promise<void> {
    const until = performance.now() + DRAIN_MAX_MS;
    while ((this.#crowd.unanswered() > 0 || this.#crowd.lost() > 0) && performance.now() < until) await sleep(DRAIN_POLL_MS);
  }
}
