/** Sub-buckets per doubling: a value is known to within 1.6 %. */
const SUB_BUCKETS = 64;
const SUB_BITS = 6;
/** Values up to 2^40 microseconds; nothing here waits for twelve days. */
const DOUBLINGS = 40 - SUB_BITS;

/** What a histogram says, in milliseconds. */
export interface Summary {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

/** Durations in microseconds, in buckets that grow with the value: small, quick, and exact enough at every size. */
export class Histogram {
  readonly #buckets = new Uint32Array(SUB_BUCKETS * (DOUBLINGS + 1));
  #count = 0;
  #sum = 0;
  #max = 0;

  add(micros: number): void {
    const value = micros > 0 ? Math.floor(micros) : 0;
    const index = bucketOf(value);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  get count(): number {
    return this.#count;
  }

  /** The value in microseconds that `share` (0 to 1) of all values do not exceed. */
  quantile(share: number): number {
    const wanted = Math.ceil(this.#count * share);
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return Math.min(highestOf(index), this.#max);
    }
    return this.#max;
  }

  summary(): Summary {
    const ms = (share: number) => this.quantile(share) / 1_000;
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count / 1_000,
      p50: ms(0.5),
      p95: ms(0.95),
      p99: ms(0.99),
      p999: ms(0.999),
      max: this.#max / 1_000,
    };
  }
}

/** Below 64 one bucket a value; then 64 linear buckets for each doubling. */
function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const doubling = Math.min(Math.floor(Math.log2(value)) - SUB_BITS, DOUBLINGS - 1);
  const within = Math.min(Math.floor(value / 2 ** doubling) - SUB_BUCKETS, SUB_BUCKETS - 1);
  return SUB_BUCKETS * (doubling + 1) + within;
}

function highestOf(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const doubling = Math.floor(index / SUB_BUCKETS) - 1;
  const within = index % SUB_BUCKETS;
  return (SUB_BUCKETS + within + 1) * 2 ** doubling - 1;
}
