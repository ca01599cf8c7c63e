import { Refusal } from '@parley/protocol';

/** A rate: `perS` steadily, `burst` at once. `perS: 0` means no limit. */
export interface Rate {
  perS: number;
  burst: number;
}
export type Taken = { ok: true } | { ok: false; retryAfterMs: number };

const TAKEN: Taken = { ok: true };

/**
 * A token bucket is kept as one number: the moment at which it will be full again. Taking moves that moment on; when it
 * would lie further ahead than an empty bucket needs to fill, there was not enough in it, and nothing is taken.
 */
function take(fullAt: number, now: number, cost: number, { perS, burst }: Rate): { fullAt: number; waitMs: number } {
  const msPerToken = 1_000 / perS;
  // What costs more than a bucket holds takes a full one.
  const next = Math.max(fullAt, now) + Math.min(cost, burst) * msPerToken;
  const waitMs = next - now - burst * msPerToken;
  // Sums of fractions come out a hair too high.
  return waitMs > 1e-6 ? { fullAt, waitMs } : { fullAt: next, waitMs: 0 };
}

/** One bucket, for what has a life of its own, such as a connection. */
export class Bucket {
  readonly #rate: Rate;
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** `now` is monotonic, in milliseconds. */
  take(now: number, cost = 1): Taken {
    if (this.#rate.perS <= 0) return TAKEN;
    const { fullAt, waitMs } = take(this.#fullAt, now, cost, this.#rate);
    if (waitMs > 0) return { ok: false, retryAfterMs: Math.ceil(waitMs) };
    this.#fullAt = fullAt;
    return TAKEN;
  }
}

/**
 * Buckets by key (a user, an address). At most `maxKeys` are kept; beyond it the one unused for longest is forgotten,
 * which is most likely full again.
 */
export class Buckets {
  readonly #rate: Rate;
  readonly #tell: ((key: string, cost: number) => void) | undefined;
  readonly #monotonic: () => number;
  readonly #maxKeys: number;
  /** Key → when it is full again; in order of use. */
  readonly #fullAt = new Map<string, number>();

  /** `tell` hears what was taken: for buckets that several servers share. */
  constructor(rate: Rate, monotonic: () => number, maxKeys = 50_000, tell?: (key: string, cost: number) => void) {
    this.#rate = rate;
    this.#tell = tell;
    this.#monotonic = monotonic;
    this.#maxKeys = maxKeys;
  }

  /** How many keys it keeps now. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Takes `cost` from the bucket of `key`, or nothing, and says when there will be enough. */
  take(key: string, cost = 1): Taken {
    if (this.#rate.perS <= 0) return TAKEN;
    const now = this.#monotonic();
    const { fullAt, waitMs } = take(this.#fullAt.get(key) ?? Number.NEGATIVE_INFINITY, now, cost, this.#rate);
    this.#remember(key, fullAt);
    if (waitMs > 0) return { ok: false, retryAfterMs: Math.ceil(waitMs) };
    this.#tell?.(key, cost);
    return TAKEN;
  }

  /** Takes, or throws the refusal `rate_limited`. */
  spend(key: string, cost = 1): void {
    const taken = this.take(key, cost);
    if (!taken.ok) throw new Refusal('rate_limited', undefined, { retryAfterMs: taken.retryAfterMs });
  }

  /** Others took from it too: it is full again in `fullInMs` at the earliest. Never fuller than it was. */
  moved(key: string, fullInMs: number): void {
    const fullAt = this.#monotonic() + Math.min(fullInMs, (this.#rate.burst * 1_000) / this.#rate.perS);
    if (fullAt > (this.#fullAt.get(key) ?? Number.NEGATIVE_INFINITY)) this.#remember(key, fullAt);
  }

  #remember(key: string, fullAt: number): void {
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size <= this.#maxKeys) return;
    for (const oldest of this.#fullAt.keys()) {
      this.#fullAt.delete(oldest);
      return;
    }
  }
}
