import type { Runtime, Timer } from '../runtime.js';

interface Waiting {
  at: number;
  order: number;
  run: () => void;
}

/** A pseudo-random sequence of numbers in [0, 1) that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets everything that waits for promises alone go on. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Time that stands still until a test moves it. */
export class SimulatedRuntime implements Runtime {
  readonly random: () => number;
  #now = 1_790_000_000_000;
  #waiting: Waiting[] = [];
  #order = 0;
  #ids = 0;

  constructor(random: () => number = () => 0.5) {
    this.random = random;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const waiting = { at: this.#now + delayMs, order: ++this.#order, run };
    this.#waiting.push(waiting);
    return { cancel: () => void (this.#waiting = this.#waiting.filter((other) => other !== waiting)) };
  }

  soon(run: () => void): void {
    queueMicrotask(run);
  }

  id(): string {
    return `id-${++this.#ids}`;
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#waiting.length;
  }

  /** Moves time on; what falls due runs in its order, each with all that follows from it at once. */
  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    await settled();
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = until;
  }

  /** Sets the clock without running anything: the process was away. */
  sleep(forMs: number): void {
    this.#now += forMs;
  }

  #nextDue(until: number): Waiting | undefined {
    const [next] = this.#waiting.sort((a, b) => a.at - b.at || a.order - b.order);
    if (next === undefined || next.at > until) return undefined;
    this.#waiting.shift();
    return next;
  }
}
