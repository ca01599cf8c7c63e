import { AppendRefused } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import { isStoreRefusal, type Command, type Done, type FromWriter } from './commands.js';
import type { StoreLimits } from './limits.js';
import { StoreThread } from './store-thread.js';
import { Waiting } from './waiting.js';

export interface WriterParts {
  path: string;
  runtime: Runtime;
  meter: Meter;
  limits: StoreLimits;
  onFatal: (error: Error) => void;
}

/**
 * Group commit. What comes in while a batch is under way makes the next one, which starts when that one ends: a tick is
 * the time the last one took, never a wait. The queue is bounded, and refuses before it accepts (R7).
 */
export class Writer {
  readonly #runtime: Runtime;
  readonly #meter: Meter;
  readonly #limits: StoreLimits;
  readonly #thread: StoreThread;
  #pending: Waiting[] = [];
  #pendingChars = 0;
  readonly #pendingByKey = new Map<string, Waiting>();
  #inFlight: Waiting[] = [];
  #inFlightSince = 0;
  #scheduled = false;
  #closing = false;
  #onIdle: (() => void) | undefined;

  private constructor(parts: WriterParts, thread: StoreThread) {
    this.#runtime = parts.runtime;
    this.#meter = parts.meter;
    this.#limits = parts.limits;
    this.#thread = thread;
  }

  static async start(parts: WriterParts): Promise<Writer> {
    const thread = await StoreThread.start('writer-thread', { path: parts.path }, parts.onFatal);
    const writer = new Writer(parts, thread);
    thread.onMessage((message: FromWriter) => writer.#finished(message));
    return writer;
  }

  /** Puts a command in line. `chars` is what it weighs; `key` lets `waiting` find it until its batch starts. */
  submit<C extends Command>(command: C, chars = 0, key?: string): Promise<Done[C[0]]> {
    const refused = this.#refusal(chars);
    if (refused !== null) return Promise.reject(refused);
    const waiting = new Waiting(command, chars, key);
    this.#pending.push(waiting);
    this.#pendingChars += chars;
    if (key !== undefined) this.#pendingByKey.set(key, waiting);
    this.#schedule();
    return waiting.done as Promise<Done[C[0]]>;
  }

  /** The command with this key whose batch has not started. */
  waiting(key: string): Waiting | undefined {
    return this.#pendingByKey.get(key);
  }

  /** Refuses what comes from now on, commits what is in line, and closes the file. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#inFlight.length > 0 || this.#pending.length > 0) {
      const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
      await Promise.race([idle, this.#thread.exited]);
    }
    await this.#thread.close();
  }

  #refusal(chars: number): Error | null {
    if (this.#thread.failed !== null) return this.#thread.failed;
    const { pendingMaxCommands, pendingMaxChars } = this.#limits;
    const full = this.#pending.length >= pendingMaxCommands || this.#pendingChars + chars > pendingMaxChars;
    return full || this.#closing ? new AppendRefused('overloaded') : null;
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length > 0) return;
    this.#scheduled = true;
    this.#runtime.soon(() => {
      this.#scheduled = false;
      if (this.#inFlight.length === 0) this.#startNext();
    });
  }

  #startNext(): void {
    const batch = this.#take();
    if (batch.length === 0) return this.#onIdle?.();
    this.#inFlight = batch;
    this.#inFlightSince = this.#runtime.monotonic();
    this.#thread.post(batch.map((waiting) => waiting.command));
    this.#meter.set('commit_queue', this.#pending.length);
  }

  #take(): Waiting[] {
    const { batchMaxCommands, batchMaxChars } = this.#limits;
    let chars = 0;
    let count = 0;
    for (const waiting of this.#pending) {
      if (count === batchMaxCommands || (count > 0 && chars + waiting.chars > batchMaxChars)) break;
      chars += waiting.chars;
      count += 1;
      if (waiting.key !== undefined) this.#pendingByKey.delete(waiting.key);
    }
    const batch = count === this.#pending.length ? this.#pending : this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.#pendingChars -= chars;
    return batch;
  }

  #finished(message: FromWriter): void {
    if (!Array.isArray(message)) return;
    const batch = this.#inFlight;
    this.#inFlight = [];
    this.#meter.count('commits');
    this.#meter.count('commands_committed', batch.length);
    this.#meter.time('commit_seconds', (this.#runtime.monotonic() - this.#inFlightSince) / 1000);
    const last = message.at(-1);
    const overtaken = isStoreRefusal(last) ? this.#pending : [];
    if (overtaken.length > 0) this.#emptyPending();
    // The thread works on the next batch while these are told.
    this.#startNext();
    batch.forEach((waiting, index) => waiting.settle(message[index] ?? null));
    for (const waiting of overtaken) waiting.settle(last ?? null);
  }

  #emptyPending(): void {
    this.#pending = [];
    this.#pendingChars = 0;
    this.#pendingByKey.clear();
  }
}
