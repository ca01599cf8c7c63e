/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** What models need of time: also the real one fits, so that they run under the contract suites. */
export interface Time {
  /** Milliseconds since the start; never goes back. */
  now(): number;
  after(delayMs: number, run: () => void): Timer;
}

/** Wall clocks of the simulation begin here. */
export const EPOCH = Date.UTC(2026, 0, 1);

interface Event {
  at: number;
  order: number;
  run: (() => void) | null;
}

/**
 * Simulated time. What is due runs in the order of its time and, at one time, in the order in which it was asked for;
 * before the next, everything that follows from it by promises alone has run. So a run is one sequence of events, and
 * nothing of the machine decides about it.
 */
export class SimulatedTime implements Time {
  readonly #heap: Event[] = [];
  #now = 0;
  #order = 0;
  /** How many events have run. */
  ran = 0;

  readonly now = (): number => this.#now;

  after(delayMs: number, run: () => void): Timer {
    const event: Event = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(event);
    return { cancel: () => (event.run = null) };
  }

  /** Runs everything that is due up to `untilMs`, or until `isOver`. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.at <= untilMs && !isOver(); next = this.#heap[0]) {
      this.#pop();
      if (next.run === null) continue;
      this.#now = next.at;
      this.ran++;
      next.run();
      await settled();
    }
    if (!isOver()) this.#now = Math.max(this.#now, untilMs);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Lets everything that waits for promises alone go on: nothing in a simulation waits for anything else. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** The machine's own time, for models under the contract suites. */
export const machineTime: Time = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
