import { Backoff } from './backoff.js';
import type { Bounds } from './bounds.js';
import { asParleyError, type ParleyError } from './errors.js';
import type { PageAsked } from './pages.js';
import type { Range } from './ranges.js';
import type { Runtime, Timer } from './runtime.js';

export interface GapFillerParts {
  runtime: Runtime;
  bounds: Bounds;
  isLive: () => boolean;
  hole: () => Range | null;
  /** Fetches a page and puts it in place. */
  fetch: (asked: PageAsked, limit: number) => Promise<void>;
  /** Too far behind: shows the newest page, and leaves the rest for when it is asked for. */
  fetchNewest: () => Promise<void>;
  failed: (error: ParleyError) => void;
  /** The hole stays until the next connection. */
  gaveUp: () => void;
}

const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Fetches in a row that bring nothing, before the hole is left as it is until the next connection. */
const FRUITLESS_MAX = 5;

/** Fetches what is missing, one page at a time, until nothing is; at most one fetch of a conversation at a time. */
export class GapFiller {
  readonly #parts: GapFillerParts;
  readonly #retry: Backoff;
  #timer: Timer | null = null;
  #running = false;
  #fruitless = 0;

  constructor(parts: GapFillerParts) {
    this.#parts = parts;
    this.#retry = new Backoff(() => parts.runtime.random(), RETRY);
  }

  /** What is missing does not come on this connection. */
  get hasGivenUp(): boolean {
    return this.#fruitless >= FRUITLESS_MAX;
  }

  /** Looks for a hole: now, or after a moment in which it may close by itself. */
  fill(delayMs = 0): void {
    if (this.#running || this.hasGivenUp || this.#parts.hole() === null) return;
    if (delayMs === 0) {
      this.cancel();
      void this.#run();
    } else {
      this.#timer ??= this.#parts.runtime.after(delayMs, () => this.#again());
    }
  }

  /** A new connection, or a wish: what was given up is tried again. */
  reset(): void {
    this.#fruitless = 0;
    this.#retry.reset();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #again(): void {
    this.#timer = null;
    this.fill();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let retryMs: number | null = null;
    try {
      while (this.#parts.isLive() && retryMs === null) {
        const hole = this.#parts.hole();
        if (hole === null) break;
        await this.#fetch(hole);
        if (this.#parts.hole()?.from === hole.from) {
          this.#fruitless += 1;
          retryMs = this.#retry.next();
        } else this.reset();
      }
    } catch (reason) {
      const error = asParleyError(reason, 'bad_reply');
      if (error.retryable) retryMs = error.retryAfterMs ?? this.#retry.next();
      else this.#fruitless = FRUITLESS_MAX;
      if (this.#parts.isLive()) this.#parts.failed(error);
    } finally {
      this.#running = false;
    }
    if (this.hasGivenUp) this.#parts.gaveUp();
    else if (retryMs !== null && this.#parts.isLive()) this.fill(Math.max(1, retryMs));
  }

  async #fetch(hole: Range): Promise<void> {
    const { bounds, fetch, fetchNewest } = this.#parts;
    const size = hole.to - hole.from + 1;
    if (size > bounds.catchUpMaxEntries) await fetchNewest();
    else await fetch({ kind: 'after', seq: hole.from - 1 }, Math.min(size, bounds.pageEntries));
  }
}
