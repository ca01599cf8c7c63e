import type { Hint } from '../../ports/relay.js';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import { decodeHint, fieldsOf } from './hint-entry.js';
import type { Keys } from './keys.js';
import { RENEW_MS, type Lease } from './lease.js';
import type { Listed, Registry, Roll } from './registry.js';
import { Script } from './script.js';
import type { Servers } from './servers.js';

/** After the end of its lease a server may still be on its way back. */
const GRACE_MS = 1_000;
/** So long must its row have stood still before our eyes: a jump of Redis's clock ends all leases at once, for a moment. */
const WATCHED_MS = 5_000;
/** After a longer pause between two looks, ours or Redis's, all get the time to come back. */
const PAUSE_MAX_MS = 3_500;
/** A claim is renewed with each batch; one that ends is free again. */
const CLAIM_MS = 4_000;
const LOOK_AGAIN_MS = 250;
const REMEMBERED_MS = 3_600_000;
const BATCH_MAX_ENTRIES = 200;

/** What was added after the last look is not deleted unread. */
const DELETE_IF_EMPTY = new Script(`
if redis.call('XLEN', KEYS[1]) > 0 then return 0 end
redis.call('DEL', KEYS[1])
return 1`);

export interface TakeOverParts {
  connections: RedisConnections;
  registry: Registry;
  servers: Servers;
  lease: Lease;
  keys: Keys;
  runtime: Runtime;
  /** Hands an entry on to where its people are now. */
  inherit: (hint: Hint) => Promise<unknown>;
  onError: (error: unknown) => void;
}

interface Seen {
  text: string;
  since: number;
}

/**
 * Looks after dead servers (R10): whoever sees first that a lease ended claims the server, hands on what its stream
 * holds, deletes the stream, and marks the server as gone, so that it stops if it was only asleep. Its fields in the
 * directory and on the board count for nothing from the claim on; they are deleted by whoever meets them, or by their time.
 */
export class TakeOver {
  readonly #parts: TakeOverParts;
  #seen = new Map<string, Seen>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #draining = new Set<string>();
  #isStopped = false;
  #timer: Timer | null = null;

  constructor(parts: TakeOverParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.lease.listen({ renewed: (roll) => this.#look(roll) });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #look({ now, servers }: Roll): void {
    if (this.#isStopped) return;
    const at = this.#parts.runtime.monotonic();
    // While Redis was away, nobody could renew.
    if (at - this.#lookedAt > PAUSE_MAX_MS) this.#seen.clear();
    this.#lookedAt = at;
    const seen = new Map<string, Seen>();
    for (const [boot, listed] of servers) {
      if (boot === this.#parts.lease.boot) continue;
      const before = this.#seen.get(boot);
      const current = before?.text === listed.text ? before : { text: listed.text, since: at };
      seen.set(boot, current);
      if (listed.row.kind === 'gone') void this.#forget(boot, listed, now);
      else if (!isOver(listed, now, at - current.since)) this.#lookWhenOver(listed, now);
      else void this.#takeOver(boot, listed.text).catch(this.#parts.onError);
    }
    this.#seen = seen;
  }

  /** So that people wait for it no longer than they must. */
  #lookWhenOver({ row }: Listed, now: number): void {
    const overInMs = row.until + GRACE_MS - now;
    if (row.kind !== 'live' || overInMs > RENEW_MS || this.#timer !== null) return;
    this.#timer = this.#parts.runtime.after(Math.max(overInMs, LOOK_AGAIN_MS), () => {
      this.#timer = null;
      void this.#parts.lease.renew();
    });
  }

  async #forget(boot: string, { row, text }: Listed, now: number): Promise<void> {
    if (row.until < now) await this.#parts.registry.remove(boot, text).catch(this.#parts.onError);
  }

  async #takeOver(boot: string, expected: string): Promise<void> {
    const { registry, servers, lease } = this.#parts;
    if (this.#draining.has(boot)) return;
    this.#draining.add(boot);
    try {
      let claim = await registry.claim(boot, expected, lease.boot, CLAIM_MS);
      if (claim === null) return;
      // From here on nobody is sent to it any more.
      await servers.refresh();
      while (!(await this.drainSome(boot))) {
        if (this.#isStopped || !lease.isHeld()) return;
        claim = await registry.claim(boot, claim, lease.boot, CLAIM_MS);
        if (claim === null) return;
      }
      await registry.bury(boot, claim, REMEMBERED_MS);
    } finally {
      this.#draining.delete(boot);
    }
  }

  /** Hands on the oldest entries of the boot's stream, whoever had read them; true: it was empty, and is deleted. */
  async drainSome(boot: string): Promise<boolean> {
    const { connections, keys, onError } = this.#parts;
    const stream = keys.stream(boot);
    const entries = await connections.shared.xrangeBuffer(stream, '-', '+', 'COUNT', BATCH_MAX_ENTRIES);
    if (entries.length === 0) return (await DELETE_IF_EMPTY.run(connections.shared, stream)) === 1;
    const hints: Hint[] = [];
    for (const field of entries.flatMap(([, fields]) => fieldsOf(fields))) {
      try {
        hints.push(decodeHint(field).hint);
      } catch (error) {
        onError(error);
      }
    }
    // What cannot be handed on now stays, for whoever claims next.
    await Promise.all(hints.map((hint) => this.#parts.inherit(hint)));
    await connections.shared.xdel(stream, ...entries.map(([id]) => id.toString('latin1')));
    return false;
  }
}

function isOver({ row }: Listed, now: number, watchedMs: number): boolean {
  if (row.kind === 'taken') return row.until < now;
  return row.until + GRACE_MS < now && watchedMs >= WATCHED_MS;
}
