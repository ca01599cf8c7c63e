import type { VListHandle } from 'virtua';
import type { Row } from './rows.js';

type Cache = VListHandle['cache'];

const TIMELINES_MAX = 50;

interface Measured {
  keys: readonly string[];
  cache: Cache;
}

/** How high the rows of the timelines that were open last are: one that is opened again is not measured again. */
class Sizes {
  readonly #known = new Map<string, Measured>();

  keep(conversationId: string, rows: readonly Row[], cache: Cache): void {
    this.#known.delete(conversationId);
    this.#known.set(conversationId, { keys: rows.map(({ key }) => key), cache });
    if (this.#known.size > TIMELINES_MAX) for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
  }

  /** Of the same rows only: of others they would be wrong. */
  of(conversationId: string, rows: readonly Row[]): Cache | undefined {
    const known = this.#known.get(conversationId);
    const isSame = known?.keys.length === rows.length && known.keys.every((key, index) => key === rows[index]?.key);
    return isSame ? known.cache : undefined;
  }
}

export const sizes = new Sizes();
