import type { Timeline } from './timeline.js';

/** As the SDK does: the contiguous prefix, every 32 entries, or a second after the first that is owed. */
const EVERY_ENTRIES = 32;
const DELAY_MS = 1_000;
const SWEEP_MS = 25;

interface Owed<O> {
  timeline: Timeline;
  owner: O;
  dueAt: number;
}

/** Tells the server what was received. One timer for all: the delay is the same for each, so they are due in their order. */
export class Acks<O> {
  readonly #tell: (owner: O, upTo: number) => void;
  readonly #owed: Owed<O>[] = [];
  #first = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (owner: O, upTo: number) => void) {
    this.#tell = tell;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Something was received. */
  consider(timeline: Timeline, owner: O): void {
    const owed = timeline.upTo - timeline.acknowledged;
    if (owed >= EVERY_ENTRIES) this.#flush(timeline, owner);
    else if (owed > 0 && !timeline.ackIsDue) {
      timeline.ackIsDue = true;
      this.#owed.push({ timeline, owner, dueAt: performance.now() + DELAY_MS });
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (let next = this.#owed[this.#first]; next !== undefined && next.dueAt <= now; next = this.#owed[this.#first]) {
      this.#first += 1;
      next.timeline.ackIsDue = false;
      if (next.timeline.upTo > next.timeline.acknowledged) this.#flush(next.timeline, next.owner);
    }
    this.#owed.splice(0, this.#first);
    this.#first = 0;
  }

  #flush(timeline: Timeline, owner: O): void {
    timeline.acknowledged = timeline.upTo;
    this.#tell(owner, timeline.upTo);
  }
}
