import { asParleyError } from './errors.js';
import type { Runtime, Timer } from './runtime.js';

export interface ReadMarkParts {
  runtime: Runtime;
  delayMs: number;
  isLive: () => boolean;
  /** Sends READ; resolves with its SUCCESS. */
  send: (upTo: number) => Promise<unknown>;
  /** The server has the cursor. */
  moved: (upTo: number) => void;
  /** The server will not have it; local state is to be read again. */
  refused: () => void;
}

/** Tells the server how far one has read: the latest only, gathered for a moment, kept while offline. */
export class ReadMark {
  readonly #parts: ReadMarkParts;
  #pending = 0;
  #inFlight = false;
  #timer: Timer | null = null;

  constructor(parts: ReadMarkParts) {
    this.#parts = parts;
  }

  /** The server does not have the cursor yet. */
  get isPending(): boolean {
    return this.#pending > 0;
  }

  set(upTo: number): void {
    this.#pending = Math.max(this.#pending, upTo);
    this.#arm(this.#parts.delayMs);
  }

  /** Sends now what is waiting, if the connection is live. */
  flush(): void {
    this.cancel();
    if (this.#pending === 0 || this.#inFlight || !this.#parts.isLive()) return;
    const upTo = this.#pending;
    this.#inFlight = true;
    this.#parts.send(upTo).then(
      () => this.#sent(upTo),
      (error: unknown) => this.#failed(upTo, error),
    );
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sent(upTo: number): void {
    this.#inFlight = false;
    if (this.#pending <= upTo) this.#pending = 0;
    this.#parts.moved(upTo);
    if (this.#pending > 0) this.#arm(this.#parts.delayMs);
  }

  #failed(upTo: number, reason: unknown): void {
    this.#inFlight = false;
    const error = asParleyError(reason, 'bad_reply');
    if (error.retryable) return this.#arm(error.retryAfterMs ?? this.#parts.delayMs);
    if (this.#pending <= upTo) this.#pending = 0;
    this.#parts.refused();
  }

  // Without a connection the flush that follows the next one sends it.
  #arm(delayMs: number): void {
    if (this.#parts.isLive()) this.#timer ??= this.#parts.runtime.after(delayMs, () => this.flush());
  }
}
