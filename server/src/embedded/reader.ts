import { AppendRefused } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import type { FromReader, Read } from './commands.js';
import type { StoreLimits } from './limits.js';
import type { Value } from './sqlite.js';
import { StoreThread } from './store-thread.js';

export interface ReaderParts {
  path: string;
  runtime: Runtime;
  limits: StoreLimits;
  onFatal: (error: Error) => void;
}

interface Asker {
  resolve(rows: unknown[]): void;
  reject(error: Error): void;
}

/** Reads on a thread of their own; those of one tick cross in one message, and are answered in order. */
export class Reader {
  readonly #runtime: Runtime;
  readonly #limits: StoreLimits;
  readonly #thread: StoreThread;
  #reads: Read[] = [];
  #askers: Asker[] = [];
  #closing = false;

  private constructor(parts: ReaderParts, thread: StoreThread) {
    this.#runtime = parts.runtime;
    this.#limits = parts.limits;
    this.#thread = thread;
  }

  static async start(parts: ReaderParts): Promise<Reader> {
    const thread = await StoreThread.start('reader-thread', { path: parts.path }, parts.onFatal);
    const reader = new Reader(parts, thread);
    thread.onMessage((message: FromReader) => reader.#answered(message));
    return reader;
  }

  /** Rows as tuples, in the order of the columns. The caller names their type. */
  rows<Row extends unknown[]>(sql: string, parameters: readonly Value[]): Promise<Row[]> {
    return this.#ask([sql, parameters, false]) as Promise<Row[]>;
  }

  async row<Row extends unknown[]>(sql: string, parameters: readonly Value[]): Promise<Row | undefined> {
    return (await this.rows<Row>(sql, parameters))[0];
  }

  /** Rows as objects, by column. */
  objects(sql: string, parameters: readonly Value[]): Promise<unknown[]> {
    return this.#ask([sql, parameters, true]);
  }

  /** Answers what was asked, and closes the file. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#post();
    await this.#thread.close();
  }

  #ask(read: Read): Promise<unknown[]> {
    if (this.#thread.failed !== null) return Promise.reject(this.#thread.failed);
    if (this.#closing || this.#askers.length >= this.#limits.readsMaxWaiting)
      return Promise.reject(new AppendRefused('overloaded'));
    if (this.#reads.length === 0) this.#runtime.soon(() => this.#post());
    this.#reads.push(read);
    return new Promise((resolve, reject) => this.#askers.push({ resolve, reject }));
  }

  #post(): void {
    if (this.#reads.length === 0) return;
    this.#thread.post(this.#reads);
    this.#reads = [];
  }

  #answered(answers: FromReader): void {
    if (!Array.isArray(answers)) return;
    const askers = this.#askers;
    this.#askers = askers.slice(answers.length);
    answers.forEach((answer, index) => {
      if (answer instanceof Error) askers[index]?.reject(answer);
      else askers[index]?.resolve(answer);
    });
  }
}
