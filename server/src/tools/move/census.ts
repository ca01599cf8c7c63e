import { createHash, type Hash } from 'node:crypto';
import type { Entry } from '../../ports/log.js';
import { KINDS, lineOf, type Kind, type Rows } from './kinds.js';
import type { Source } from './stores.js';

/** What there is of a kind: how many rows, and the SHA-256 of their lines in the order of their keys. */
export interface Count {
  rows: number;
  sha256: string;
}
export type Counts = Record<Kind, Count>;

/** Counts what passes, and checks of each log that it is whole: 1, 2, 3 … up to its conversation's last seq. */
export class Census {
  readonly #kinds = new Map<Kind, { rows: number; hash: Hash }>(
    KINDS.map((kind) => [kind, { rows: 0, hash: createHash('sha256') }]),
  );
  #lastSeqs = 0;
  #before: Pick<Entry, 'conversationId' | 'seq' | 'ordinal'> | null = null;

  /** Gives the row's line. */
  add<K extends Kind>(kind: K, row: Rows[K]): string {
    const line = lineOf(kind, row);
    const counted = this.#kinds.get(kind);
    if (counted === undefined) throw new Error(`no kind ${kind}`);
    counted.rows += 1;
    counted.hash.update(line).update('\n');
    if (kind === 'conversations') this.#lastSeqs += (row as Rows['conversations']).last_seq;
    if (kind === 'entries') this.#follow(row as Entry);
    return line;
  }

  /** After all rows of all kinds. */
  end(): Counts {
    const entries = this.#kinds.get('entries')?.rows ?? 0;
    // Every log is without a hole from 1 to where it ends, and none is longer than it should be: so one may be shorter.
    if (entries !== this.#lastSeqs)
      throw new Error(`The logs are not whole: there are ${entries} entries, and should be ${this.#lastSeqs}.`);
    return Object.fromEntries(
      [...this.#kinds].map(([kind, { rows, hash }]) => [kind, { rows, sha256: hash.digest('hex') }]),
    ) as Counts;
  }

  #follow({ conversationId, seq, ordinal, kind }: Entry): void {
    const before = this.#before?.conversationId === conversationId ? this.#before : { seq: 0, ordinal: 0 };
    const name = `The log of conversation ${conversationId} is not whole`;
    if (seq !== before.seq + 1) throw new Error(`${name}: entry ${before.seq + 1} is missing.`);
    if (ordinal !== before.ordinal + Number(kind === 'message'))
      throw new Error(`${name}: entry ${seq} has ordinal ${ordinal}, after ${before.ordinal}.`);
    this.#before = { conversationId, seq, ordinal };
  }
}

/** How many rows there are of all kinds together. */
export async function totalOf(source: Source): Promise<number> {
  let total = 0;
  for (const kind of KINDS) total += await source.count(kind);
  return total;
}

/** Reads everything; `step` is told of each row. */
export async function countsOf(source: Source, step: () => void): Promise<Counts> {
  const census = new Census();
  for (const kind of KINDS) {
    for await (const row of source.rows(kind)) {
      census.add(kind, row);
      step();
    }
  }
  return census.end();
}
