import type { Runtime, Timer } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import type { Epoch } from './epoch.js';
import type { Registry, Roll } from './registry.js';

export const LEASE_MS = 6_000;
export const RENEW_MS = 2_000;
/** What the clocks of two machines may differ in six seconds, and what a command takes on its way. */
const MARGIN_MS = 500;
const FIRST_MAX_MS = 3_000;

export interface LeaseEvents {
  /** The lease runs on; this is who else is there. */
  renewed(roll: Roll): void;
  /**
   * Redis was away, is another one, or the lease had run out: whatever this server stored there may be gone, and what
   * it was sent may be lost. It has the lease again.
   */
  shaken(): void;
  /** Somebody else has taken over what this boot had. It never has the lease again. */
  lost(): void;
}

export interface LeaseParts {
  connections: RedisConnections;
  registry: Registry;
  epoch: Epoch;
  runtime: Runtime;
  boot: string;
  /** Whether it has connections of chats, so that entries for all are for it too. */
  hears: boolean;
  onError: (error: unknown) => void;
}

/**
 * The right of this boot to read its stream and to write what is its own (R10). It is judged here, on the monotonic
 * clock: a server that was stopped for a while knows that it may be taken for dead before it has asked anybody.
 *
 * When Redis was down for longer than the lease, nobody was reaped meanwhile: the lease is simply renewed.
 */
export class Lease {
  readonly boot: string;
  readonly #parts: LeaseParts;
  readonly #listeners: Partial<LeaseEvents>[] = [];
  #heldUntil = Number.NEGATIVE_INFINITY;
  #state: 'waiting' | 'running' | 'lost' | 'stopped' = 'waiting';
  #renewing: Promise<void> | null = null;
  #epoch: string | null = null;
  #isEpochFresh = false;
  #isShaken = false;
  #timer: Timer | null = null;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.boot = parts.boot;
  }

  listen(events: Partial<LeaseEvents>): void {
    this.#listeners.push(events);
  }

  /** Asked before every read of the stream, every acknowledgement and every write to the directory. */
  isHeld(): boolean {
    return this.#state === 'running' && this.#parts.runtime.monotonic() < this.#heldUntil;
  }

  /** The epoch of Redis as last read; null: not read since there is a connection. */
  get epoch(): string | null {
    return this.#isEpochFresh ? this.#epoch : null;
  }

  /** Resolves once the lease is held, or after a while without Redis; then it goes on trying. */
  async start(): Promise<void> {
    const { connections, runtime } = this.#parts;
    this.#state = 'running';
    await connections.ready(FIRST_MAX_MS);
    await this.renew();
    if (!this.isHeld()) this.#isShaken = true;
    connections.listen({
      up: () => {
        this.#isShaken = true;
        this.#isEpochFresh = false;
        void this.renew();
      },
      down: () => (this.#isEpochFresh = false),
      shifted: () => {
        this.#isShaken = true;
        this.#isEpochFresh = false;
      },
    });
    this.#timer = runtime.every(RENEW_MS, () => void this.renew());
  }

  /** Gives it up: nothing of this boot is written any more. */
  stop(): void {
    this.#timer?.cancel();
    if (this.#state !== 'lost') this.#state = 'stopped';
  }

  /** Never rejects. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew()
      .catch(this.#parts.onError)
      .finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** What was stored is known to be gone. */
  shake(): void {
    this.#isShaken = true;
    void this.renew();
  }

  async #renew(): Promise<void> {
    const { connections, registry, epoch, runtime, boot, hears } = this.#parts;
    if (this.#state !== 'running' || !connections.isUp) return;
    const askedAt = runtime.monotonic();
    const hadLapsed = this.#heldUntil !== Number.NEGATIVE_INFINITY && askedAt >= this.#heldUntil;
    // A part of a cluster that is down is no reason to lose the lease, which is in another.
    const [roll, epochNow] = await Promise.all([registry.renew(boot, LEASE_MS, hears), epoch.read().catch(() => null)]);
    if (this.#state !== 'running') return;
    if (roll === null) return this.#lose();
    this.#heldUntil = askedAt + LEASE_MS - MARGIN_MS;
    if (this.#isOther(epochNow) || hadLapsed) this.#isShaken = true;
    for (const listener of this.#listeners) listener.renewed?.(roll);
    // While a part of a cluster is down there is no sense in storing again what is in it.
    if (!this.#isShaken || epochNow === null) return;
    this.#isShaken = false;
    for (const listener of this.#listeners) listener.shaken?.();
  }

  #isOther(epoch: string | null): boolean {
    this.#isEpochFresh = epoch !== null;
    if (epoch === null) return false;
    const isOther = this.#epoch !== null && this.#epoch !== epoch;
    this.#epoch = epoch;
    return isOther;
  }

  #lose(): void {
    this.#state = 'lost';
    this.#timer?.cancel();
    for (const listener of this.#listeners) listener.lost?.();
  }
}
