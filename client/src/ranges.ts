import { lowerBound } from './lower-bound.js';

/** Both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A set of seqs as sorted ranges that neither overlap nor touch. Adding a range that is empty does nothing. */
export class Ranges {
  #list: Range[] = [];
  #version = 0;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get list(): readonly Range[] {
    return this.#list;
  }

  /** The highest seq in the set; 0 if it is empty. */
  get end(): number {
    return this.#list.at(-1)?.to ?? 0;
  }

  add(from: number, to: number): void {
    if (to < from || this.covers(from, to)) return;
    this.#version += 1;
    const first = this.#firstEndingAtOrAfter(from - 1);
    let merged = { from, to };
    let next = first;
    for (let range = this.#list[next]; range !== undefined && range.from <= to + 1; range = this.#list[++next]) {
      merged = { from: Math.min(merged.from, range.from), to: Math.max(merged.to, range.to) };
    }
    this.#list.splice(first, next - first, merged);
  }

  contains(seq: number): boolean {
    return this.#around(seq) !== undefined;
  }

  /** Everything from `from` to `to` is in the set. True for an empty range. */
  covers(from: number, to: number): boolean {
    return to < from || (this.#around(from)?.to ?? 0) >= to;
  }

  /** The end of the unbroken run that starts at `from`; `from - 1` if `from` is not in the set. */
  runEnd(from: number): number {
    return this.#around(from)?.to ?? from - 1;
  }

  /** The start of the unbroken run that ends at or passes `to`; `to + 1` if `to` is not in the set. */
  runStart(to: number): number {
    return this.#around(to)?.from ?? to + 1;
  }

  /** The first missing range within [from, to], or null. */
  firstHole(from: number, to: number): Range | null {
    const start = this.runEnd(from) + 1;
    if (start > to) return null;
    const next = this.#list[this.#firstEndingAtOrAfter(start)];
    return { from: start, to: Math.min(to, next === undefined ? to : next.from - 1) };
  }

  removeBelow(seq: number): void {
    const kept = this.#list.slice(this.#firstEndingAtOrAfter(seq));
    const first = kept[0];
    if (first !== undefined && first.from < seq) kept[0] = { from: seq, to: first.to };
    this.#list = kept;
    this.#version += 1;
  }

  #around(seq: number): Range | undefined {
    const range = this.#list[this.#firstEndingAtOrAfter(seq)];
    return range !== undefined && range.from <= seq ? range : undefined;
  }

  #firstEndingAtOrAfter(seq: number): number {
    return lowerBound(this.#list, (range) => range.to < seq);
  }
}
