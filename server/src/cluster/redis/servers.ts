import type { Runtime } from '../../ports/runtime.js';
import type { Registry, Roll } from './registry.js';

const DEAD_MAX = 10_000;
/** A server that is not listed at all has not ended: the list was lost, and it will enter again. */
const MISSING_MAX_MS = 6_000;

interface Live {
  hears: boolean;
  listedAt: number;
}

/**
 * The servers as the registry had them last: at each renewal of the lease, and at once when a name comes up that is not
 * known. What it says may be two seconds old, which is harmless: a stream of a server that has gone takes nothing.
 */
export class Servers {
  readonly #registry: Registry;
  readonly #self: string;
  readonly #onEnded: ((boots: readonly string[]) => void)[] = [];
  readonly #runtime: Runtime;
  #live = new Map<string, Live>();
  /** Not live when last looked for: what is left of them in the directory is no reason to look again. */
  readonly #dead = new Set<string>();
  #reading: Promise<void> | null = null;

  constructor(registry: Registry, self: string, runtime: Runtime) {
    this.#registry = registry;
    this.#self = self;
    this.#runtime = runtime;
  }

  /** Told of servers that are live no more. */
  onEnded(listener: (boots: readonly string[]) => void): void {
    this.#onEnded.push(listener);
  }

  isLive(boot: string): boolean {
    return this.#live.has(boot);
  }

  /** It was looked for and is not there, or it has been reaped. */
  isDead(boot: string): boolean {
    return this.#dead.has(boot);
  }

  /** All other servers with connections of chats. */
  hearing(): string[] {
    return [...this.#live].filter(([boot, { hears }]) => hears && boot !== this.#self).map(([boot]) => boot);
  }

  update({ servers }: Roll): void {
    const before = this.#live;
    const now = this.#runtime.monotonic();
    this.#live = new Map();
    for (const [boot, live] of before) {
      if (!servers.has(boot) && now - live.listedAt < MISSING_MAX_MS) this.#live.set(boot, live);
    }
    for (const [boot, { row }] of servers) if (row.kind === 'live') this.#live.set(boot, { hears: row.hears, listedAt: now });
    for (const boot of this.#live.keys()) this.#dead.delete(boot);
    const ended = [...before.keys()].filter((boot) => !this.#live.has(boot) && boot !== this.#self);
    if (ended.length > 0) for (const listener of this.#onEnded) listener(ended);
  }

  /** Reads the registry now; calls that meet share one read. */
  refresh(): Promise<void> {
    this.#reading ??= this.#registry
      .look()
      .then((roll) => this.update(roll))
      .finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** After this `isLive` tells the truth of these boots, also of one that has just come. */
  async know(boots: Iterable<string>): Promise<void> {
    let unknown = this.#unknown(boots);
    // A read that is under way may have passed before the newcomer entered.
    if (unknown.length > 0 && this.#reading !== null) {
      await this.#reading;
      unknown = this.#unknown(unknown);
    }
    if (unknown.length === 0) return;
    await this.refresh();
    if (this.#dead.size > DEAD_MAX) this.#dead.clear();
    for (const boot of this.#unknown(unknown)) this.#dead.add(boot);
  }

  #unknown(boots: Iterable<string>): string[] {
    return [...boots].filter((boot) => !this.#live.has(boot) && !this.#dead.has(boot));
  }
}
