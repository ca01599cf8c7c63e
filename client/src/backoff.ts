/** Bounds of a backoff, in milliseconds. */
export interface BackoffBounds {
  baseMs: number;
  maxMs: number;
}

/**
 * Exponential backoff with full jitter: the n-th delay is anywhere in [0, min(maxMs, baseMs · 2ⁿ)), so that a crowd
 * that lost one server does not come back as a crowd.
 */
export class Backoff {
  readonly #random: () => number;
  readonly #bounds: BackoffBounds;
  #attempts = 0;

  constructor(random: () => number, bounds: BackoffBounds) {
    this.#random = random;
    this.#bounds = bounds;
  }

  /** How many delays were given since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next delay, in milliseconds. */
  next(): number {
    const ceilingMs = Math.min(this.#bounds.maxMs, this.#bounds.baseMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.floor(this.#random() * ceilingMs);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
