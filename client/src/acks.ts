import { asParleyError } from './errors.js';
import type { Bounds } from './bounds.js';
import type { Runtime, Timer } from './runtime.js';

export interface AcksParts {
  runtime: Runtime;
  bounds: Bounds;
  isLive: () => boolean;
  /** One's own delivered cursor, as the server has it. */
  delivered: () => number;
  /** The end of what was received without a gap. */
  prefixEnd: () => number;
  /** Sends ACK; resolves with its SUCCESS. */
  send: (upTo: number) => Promise<unknown>;
  /** The server has the cursor. */
  moved: (upTo: number) => void;
}

/** Acknowledges what was received without a gap: every 32 entries, or a second after the first (R20). Never more. */
export class Acks {
  readonly #parts: AcksParts;
  #timer: Timer | null = null;
  /** Sent on this connection, answered or not. */
  #sentUpTo = 0;

  constructor(parts: AcksParts) {
    this.#parts = parts;
  }

  /** Something was received, or the connection is live again. */
  consider(): void {
    if (!this.#parts.isLive()) return;
    const owed = this.#parts.prefixEnd() - this.#from;
    if (owed <= 0) return;
    if (owed >= this.#parts.bounds.ackEveryEntries) this.flush();
    else this.#arm(this.#parts.bounds.ackDelayMs);
  }

  /** Acknowledges now whatever is owed. */
  flush(): void {
    this.cancel();
    const upTo = this.#parts.prefixEnd();
    if (!this.#parts.isLive() || upTo <= this.#from) return;
    this.#sentUpTo = upTo;
    this.#parts.send(upTo).then(
      () => this.#parts.moved(upTo),
      (error: unknown) => this.#failed(error),
    );
  }

  /** The connection is gone: what it did not answer is sent again on the next. */
  lost(): void {
    this.cancel();
    this.#sentUpTo = 0;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  get #from(): number {
    return Math.max(this.#parts.delivered(), this.#sentUpTo);
  }

  // A definite refusal (no longer a member) is not repeated: `#sentUpTo` stays.
  #failed(reason: unknown): void {
    const error = asParleyError(reason, 'bad_reply');
    if (!error.retryable || !this.#parts.isLive()) return;
    this.#sentUpTo = 0;
    this.#arm(error.retryAfterMs ?? this.#parts.bounds.ackDelayMs);
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#parts.runtime.after(delayMs, () => this.flush());
  }
}
