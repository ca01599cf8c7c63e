import type { Runtime, Timer } from '../ports/runtime.js';

interface Waiting {
  at: number;
  run: () => void;
  everyMs: number | null;
}

/** A runtime whose time stands still until it is moved on, and whose ids and chances repeat: for tests. */
export class ManualRuntime implements Runtime {
  readonly #startedAt: number;
  #elapsedMs = 0;
  #ids = 0;
  #chance = 0.5;
  readonly #waiting = new Set<Waiting>();

  constructor(startedAt = Date.UTC(2026, 0, 1)) {
    this.#startedAt = startedAt;
  }

  /** Bound, as those of the process are: they are passed on by themselves. */
  readonly now = (): number => this.#startedAt + this.#elapsedMs;
  readonly monotonic = (): number => this.#elapsedMs;

  after(delayMs: number, run: () => void): Timer {
    return this.#wait({ at: this.#elapsedMs + delayMs, run, everyMs: null });
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#wait({ at: this.#elapsedMs + periodMs, run, everyMs: periodMs });
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  random(): number {
    this.#chance = (this.#chance * 16_807 + 0.1) % 1;
    return this.#chance;
  }

  /** Shaped like a UUIDv7, in order. */
  id(): string {
    this.#ids += 1;
    const time = this.now().toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${this.#ids.toString(16).padStart(12, '0')}`;
  }

  /** Moves time on, running what becomes due in its order, each at its own time. */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#elapsedMs = next.at;
      if (next.everyMs === null) this.#waiting.delete(next);
      else next.at += next.everyMs;
      next.run();
    }
    this.#elapsedMs = end;
  }

  #wait(waiting: Waiting): Timer {
    this.#waiting.add(waiting);
    return { cancel: () => void this.#waiting.delete(waiting) };
  }

  #next(end: number): Waiting | null {
    let next: Waiting | null = null;
    for (const waiting of this.#waiting) if (waiting.at <= end && (next === null || waiting.at < next.at)) next = waiting;
    return next;
  }
}
