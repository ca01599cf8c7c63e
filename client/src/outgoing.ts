import type { Message } from './entries.js';
import type { ParleyError } from './errors.js';
import type { StoredMessage, Target } from './outbox-store.js';

/**
 * Where a message of one's own is on its way:
 *
 * - `queued`: kept, waits for the connection, for the messages before it, or for the server to take it;
 * - `sending`: on its way, not confirmed;
 * - `sent`: on the server's stable storage, at its place in the log, for good;
 * - `failed`: refused for good; `retry()` or `discard()` it;
 * - `discarded`: taken back.
 */
export type OutgoingStatus = 'queued' | 'sending' | 'sent' | 'failed' | 'discarded';

type OutgoingStep =
  | { status: 'queued' | 'sending' }
  | { status: 'sent'; message: Message }
  | { status: 'failed' | 'discarded'; error: ParleyError };

interface Settle {
  resolve: (message: Message) => void;
  reject: (error: ParleyError) => void;
}

/** What an outgoing message asks of the outbox. */
export interface OutgoingOwner {
  retry(outgoing: Outgoing): Outgoing;
  discard(outgoing: Outgoing): Promise<boolean>;
}

/**
 * A message that one has written. It survives lost connections, and with a durable outbox store the end of the process;
 * it is sent once, however often it has to be resent.
 *
 * @example
 * const outgoing = client.sendTo('bob', 'Hello!');
 * const message = await outgoing.sent; // its seq and id, for good
 */
export class Outgoing {
  readonly #owner: OutgoingOwner;
  readonly #stored: StoredMessage;
  #status: OutgoingStatus = 'queued';
  #message: Message | null = null;
  #error: ParleyError | null = null;
  readonly #settle: Settle;

  /** The message at its place. Rejects with ParleyError if it is refused for good or discarded; waits for as long as it takes. */
  readonly sent: Promise<Message>;

  /** Made by the outbox. */
  constructor(stored: StoredMessage, owner: OutgoingOwner) {
    this.#stored = stored;
    this.#owner = owner;
    const settle: Settle = { resolve: () => undefined, reject: () => undefined };
    this.sent = new Promise<Message>((resolve, reject) => Object.assign(settle, { resolve, reject }));
    this.#settle = settle;
    // Whoever does not await `sent` sees `status` and the event; an unhandled rejection would end a Node process.
    this.sent.catch(() => undefined);
  }

  get clientMessageId(): string {
    return this.#stored.clientMessageId;
  }
  get target(): Target {
    return this.#stored.target;
  }
  get content(): string {
    return this.#stored.content;
  }
  /** When it was written, epoch milliseconds, by this device's clock. */
  get queuedAt(): number {
    return this.#stored.queuedAt;
  }
  get status(): OutgoingStatus {
    return this.#status;
  }
  /** Once sent. */
  get message(): Message | null {
    return this.#message;
  }
  /** Why it failed. */
  get error(): ParleyError | null {
    return this.#error;
  }

  /** After a failure: sends the same content as a new message, with a new id and a new place in the line. */
  retry(): Outgoing {
    return this.#owner.retry(this);
  }

  /** Takes back a message that failed, or that was never sent. False: too late, it may be with the server. */
  discard(): Promise<boolean> {
    return this.#owner.discard(this);
  }

  /** For the outbox. */
  become(next: OutgoingStep): void {
    this.#status = next.status;
    switch (next.status) {
      case 'queued':
      case 'sending':
        return;
      case 'sent':
        this.#message = next.message;
        this.#error = null;
        return this.#settle.resolve(next.message);
      case 'failed':
      case 'discarded':
        this.#error = next.error;
        return this.#settle.reject(next.error);
      default:
        next satisfies never;
    }
  }
}
