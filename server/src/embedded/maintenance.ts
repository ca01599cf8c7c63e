import type { Runtime } from '../ports/runtime.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** What keeps the store in order, and tells whether it is. */
export class Maintenance {
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #runtime: Runtime;
  #checking: Promise<void> | undefined;

  constructor(writer: Writer, reader: Reader, runtime: Runtime) {
    this.#writer = writer;
    this.#reader = reader;
    this.#runtime = runtime;
  }

  /** Forgets at most `limit` client ids of sends from before a time; gives how many. */
  purgeSends(before: number, limit: number): Promise<number> {
    return this.#writer.submit(['purge', before, limit]);
  }

  /**
   * Resolves when the store reads, and writes to the disk: one row is written over, so nothing piles up, and under load
   * it is one command of a batch. Checks that come together are one. Whoever asks sets the deadline.
   */
  check(): Promise<void> {
    this.#checking ??= this.#probe().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #probe(): Promise<void> {
    await this.#reader.rows('SELECT checked_at FROM store_checks', []);
    await this.#writer.submit(['check', this.#runtime.now()]);
  }
}
