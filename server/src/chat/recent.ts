import { LRUCache } from 'lru-cache';

/** A bounded map of what was used most recently. Takes memory as it fills: with `max` the library takes all of it at once. */
export function recentlyUsed<V extends object | string | true>(entries: number): LRUCache<string, V> {
  return new LRUCache<string, V>({ maxSize: entries, sizeCalculation: () => 1 });
}
