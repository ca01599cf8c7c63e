import type { Backoff } from './backoff.js';
import type { Outgoing } from './outgoing.js';
import type { StoredMessage } from './outbox-store.js';
import type { Timer } from './runtime.js';

/** A message in its lane. */
export interface Item {
  readonly stored: StoredMessage;
  readonly outgoing: Outgoing;
  /** The store has it; before that it is not sent. */
  isKept: boolean;
  /** The server may have it from an earlier attempt. */
  wasSent: boolean;
  /** It came from the store: an earlier run wrote it, or another tab of this user. */
  readonly isRestored: boolean;
  /** It is no longer in the store it came from: another tab has it confirmed, or took it back. */
  isGone: boolean;
  /** It was looked for in the log, and is not there. */
  isChecked: boolean;
  /** The attempt under way on this connection, or null. */
  requestId: string | null;
}

/** The unconfirmed messages to one conversation, first in, first out. */
export class Lane {
  readonly backoff: Backoff;
  #items: Item[] = [];
  #pause: Timer | null = null;
  /** Being looked up in the log; the lane waits. */
  isChecking = false;
  /** Refusals in a row of the first message because of an earlier one, of which there is none. */
  strays = 0;

  constructor(backoff: Backoff) {
    this.backoff = backoff;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  append(item: Item): void {
    this.#items.push(item);
  }

  /** Messages of an earlier run of the process, or of another tab, each to its place by `order`. */
  merge(items: readonly Item[]): void {
    this.#items = [...items, ...this.#items].sort((a, b) => a.stored.order - b.stored.order);
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((held) => held !== item);
  }

  /** The next message to send, or null: nothing is left, or it is not yet its turn. */
  next(window: number): Item | null {
    if (this.#pause !== null || this.isChecking) return null;
    let inFlight = 0;
    for (const item of this.#items) {
      if (item.requestId !== null) inFlight += 1;
      else if (item.outgoing.status !== 'failed') return item.isKept && inFlight < window ? item : null;
    }
    return null;
  }

  /** No message before this one waits for an answer. */
  isFirst(item: Item): boolean {
    return this.#items.find((held) => held.outgoing.status !== 'failed') === item;
  }

  /** The messages from this one on whose answers do not count any more. */
  inFlightFrom(item: Item): Item[] {
    return this.#items.slice(this.#items.indexOf(item)).filter((held) => held.requestId !== null);
  }

  /** Sends nothing until the timer, set by the caller, has run. */
  pauseWith(timer: Timer): void {
    this.#pause?.cancel();
    this.#pause = timer;
  }

  resume(): void {
    this.#pause?.cancel();
    this.#pause = null;
  }
}
