import type { Runtime } from '../../ports/runtime.js';
import type { LimitTaken, SharedLimits } from '../../ports/shared-limits.js';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import { LUA_NOW, Script } from './script.js';

/** Of different buckets; beyond them a server limits alone until the next batch. */
const WAITING_MAX_BUCKETS = 20_000;
const BATCH_MAX_BUCKETS = 1_000;

/**
 * The same number as in a bucket of a door: when it will be full again, here on Redis's clock. An empty one does not get
 * emptier, and one that is full again is forgotten.
 */
const TAKE = new Script(`${LUA_NOW}
local fullAt = tonumber(redis.call('GET', KEYS[1]) or '0')
local next = math.min(math.max(fullAt, now) + tonumber(ARGV[1]), now + tonumber(ARGV[2]))
local ms = math.ceil(next - now)
if ms > 0 then redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', ms) end
return ms`);

/** Limits through Redis. */
export class SharedBuckets implements SharedLimits {
  readonly #connections: RedisConnections;
  readonly #keys: Keys;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  #moved: (bucket: string, key: string, fullInMs: number) => void = () => {};
  /** By key in Redis, what was taken since the last batch, together. */
  readonly #waiting = new Map<string, LimitTaken>();
  #isSending = false;

  constructor(parts: { connections: RedisConnections; keys: Keys; runtime: Runtime; onError: (error: unknown) => void }) {
    this.#connections = parts.connections;
    this.#keys = parts.keys;
    this.#runtime = parts.runtime;
    this.#onError = parts.onError;
  }

  listen(moved: (bucket: string, key: string, fullInMs: number) => void): void {
    this.#moved = moved;
  }

  note(taken: LimitTaken): void {
    if (taken.rate.perS <= 0 || !this.#connections.isUp) return;
    const id = this.#keys.limit(taken.bucket, taken.key);
    const before = this.#waiting.get(id);
    if (before !== undefined) before.cost += taken.cost;
    else if (this.#waiting.size < WAITING_MAX_BUCKETS) this.#waiting.set(id, { ...taken });
    if (this.#isSending) return;
    this.#isSending = true;
    this.#runtime.soon(() => void this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch: [string, LimitTaken][] = [];
      for (const each of this.#waiting) {
        if (batch.push(each) === BATCH_MAX_BUCKETS) break;
      }
      for (const [id] of batch) this.#waiting.delete(id);
      try {
        await Promise.all(batch.map(([id, taken]) => this.#send(id, taken)));
      } catch (error) {
        // Limited alone for now; what was taken here counts here.
        this.#onError(error);
      }
    }
    this.#isSending = false;
  }

  async #send(id: string, { bucket, key, cost, rate }: LimitTaken): Promise<void> {
    const msPerToken = 1_000 / rate.perS;
    const fullInMs = await TAKE.run(
      this.#connections.shared,
      id,
      Math.min(cost, rate.burst) * msPerToken,
      rate.burst * msPerToken,
    );
    this.#moved(bucket, key, Number(fullInMs));
  }
}
