/** Chance that is the same at each run. */
export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, n). */
  below(n: number): number;
  of<T>(list: readonly [T, ...T[]]): T;
  shuffled<T>(list: readonly T[]): T[];
}

/** Mulberry32. */
export function dice(seed: number): Dice {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    next,
    below,
    of: (list) => list[below(list.length)] ?? list[0],
    shuffled: (list) => {
      const deck = [...list];
      for (let at = deck.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [deck[at], deck[other]] = [deck[other] as (typeof deck)[number], deck[at] as (typeof deck)[number]];
      }
      return deck;
    },
  };
}
