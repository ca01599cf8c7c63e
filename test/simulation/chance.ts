/** All chance of a run, from its seed: the same draws in the same order. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    // Near seeds are to give far sequences.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
    for (let i = 0; i < 4; i++) this.number();
  }

  /** In [0, 1) (mulberry32). */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + this.number() * (high - low);
  }

  /** A whole number, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** True so often: 0 never, 1 always. */
  happens(share: number): boolean {
    return this.number() < share;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.number() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** 128 bits as hex. */
  hex(): string {
    return Array.from({ length: 4 }, () =>
      Math.floor(this.number() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  }

  /** A sequence of its own: what draws from it does not move this one. */
  fork(): Chance {
    return new Chance(Math.floor(this.number() * 2 ** 32));
  }
}
