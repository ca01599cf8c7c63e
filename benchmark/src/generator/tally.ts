import { Histogram } from '../measure/histogram.js';
import type { Counts, LoadReport } from './plan.js';

/** Everything that a load counts and times. Times are microseconds of this process's clock. */
export class Tally {
  readonly counts: Counts = {
    sent: 0,
    acknowledged: 0,
    refused: 0,
    delivered: 0,
    duplicated: 0,
    outOfOrder: 0,
    acksSent: 0,
    opened: 0,
    stale: 0,
    broken: 0,
  };
  readonly #endToEnd = new Histogram();
  readonly #acknowledgement = new Histogram();
  readonly #opening = new Histogram();
  readonly #deliveredPerS: number[] = [];
  readonly #refusals = new Map<string, number>();
  #from = Infinity;
  #to = Infinity;
  #atFrom = { ...this.counts };
  #window: LoadReport['window'] = { ms: 0, sent: 0, acknowledged: 0, delivered: 0, opened: 0 };

  beginWindow(): void {
    this.#from = micros();
    this.#atFrom = { ...this.counts };
  }

  endWindow(): void {
    this.#to = micros();
    const { sent, acknowledged, delivered, opened } = this.counts;
    this.#window = {
      ms: (this.#to - this.#from) / 1_000,
      sent: sent - this.#atFrom.sent,
      acknowledged: acknowledged - this.#atFrom.acknowledged,
      delivered: delivered - this.#atFrom.delivered,
      opened: opened - this.#atFrom.opened,
    };
  }

  delivered(stamp: number): void {
    this.counts.delivered += 1;
    const now = micros();
    if (now >= this.#from && now < this.#to) {
      const second = Math.floor((now - this.#from) / 1_000_000);
      this.#deliveredPerS[second] = (this.#deliveredPerS[second] ?? 0) + 1;
    }
    if (this.#isOfWindow(stamp)) this.#endToEnd.add(now - stamp);
  }

  acknowledged(stamp: number): void {
    this.counts.acknowledged += 1;
    if (this.#isOfWindow(stamp)) this.#acknowledgement.add(micros() - stamp);
  }

  /** A page came that was asked for at `stamp`. */
  opened(stamp: number, isStale: boolean): void {
    this.counts.opened += 1;
    if (isStale) this.counts.stale += 1;
    if (this.#isOfWindow(stamp)) this.#opening.add(micros() - stamp);
  }

  refused(code: string): void {
    this.counts.refused += 1;
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  /** All but what only the crowd and its loop know. */
  report(): Omit<LoadReport, 'lost' | 'unanswered' | 'ownLagP99'> {
    return {
      counts: this.counts,
      window: this.#window,
      endToEnd: this.#endToEnd.summary(),
      acknowledgement: this.#acknowledgement.summary(),
      opening: this.#opening.summary(),
      deliveredPerS: Array.from(this.#deliveredPerS, (count: number | undefined) => count ?? 0),
      endToEndCurve: CURVE.map((share) => [share, this.#endToEnd.quantile(share) / 1_000]),
      refusals: Object.fromEntries(this.#refusals),
    };
  }

  /** A message belongs to the window in which it was to be sent, however late it comes: waiting counts. */
  #isOfWindow(stamp: number): boolean {
    return stamp >= this.#from && stamp < this.#to;
  }
}

const CURVE = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999];

export const micros = (): number => Math.round(performance.now() * 1_000);
