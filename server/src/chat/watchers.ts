import type { Recipient } from './hub.js';

/** A presence connection: it is a sign of life of its user, and is told of those whom it looks at. */
export interface Watcher extends Recipient {
  readonly watching: Set<string>;
  away: boolean;
}

/** The presence connections of this server, and who looks at whom. */
export class Watchers {
  readonly #open = new Map<string, Set<Watcher>>();
  /** By whom they look at. */
  readonly #at = new Map<string, Set<Watcher>>();

  open(watcher: Watcher): void {
    getOrMake(this.#open, watcher.userId).add(watcher);
  }

  /** What it looks at is to be ended before. */
  close(watcher: Watcher): void {
    removeFrom(this.#open, watcher.userId, watcher);
  }

  isOpen(watcher: Watcher): boolean {
    return this.#open.get(watcher.userId)?.has(watcher) === true;
  }

  all(): Watcher[] {
    return [...this.#open.values()].flatMap((watchers) => [...watchers]);
  }

  /** The presence connections of the user. */
  of(userId: string): readonly Watcher[] {
    return [...(this.#open.get(userId) ?? [])];
  }

  /** Those that look at the user. */
  at(userId: string): Iterable<Watcher> {
    return this.#at.get(userId) ?? [];
  }

  isLookedAt(userId: string): boolean {
    return this.#at.has(userId);
  }

  /** Everybody whom somebody here looks at. */
  lookedAt(): string[] {
    return [...this.#at.keys()];
  }

  /** Whom the user's connections look at, and who looks at the user. */
  around(userId: string): Set<string> {
    const others = new Set<string>();
    for (const watcher of this.of(userId)) for (const other of watcher.watching) others.add(other);
    for (const watcher of this.at(userId)) others.add(watcher.userId);
    return others;
  }

  look(watcher: Watcher, userIds: readonly string[]): void {
    for (const userId of userIds) {
      watcher.watching.add(userId);
      getOrMake(this.#at, userId).add(watcher);
    }
  }

  lookAway(watcher: Watcher, userId: string): void {
    watcher.watching.delete(userId);
    removeFrom(this.#at, userId, watcher);
  }
}

function getOrMake<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}

function removeFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set === undefined) return;
  set.delete(value);
  if (set.size === 0) map.delete(key);
}
