import { Refusal } from '@parley/protocol';
import type { Runtime } from '../ports/runtime.js';

/** A client that gives up on a refused message is not shut out for longer than this. */
const HOLD_MS = 10_000;

/** What of a send matters for its order. */
interface Ordered {
  to?: string | undefined;
  chatId?: string | undefined;
  groupId?: string | undefined;
  clientMessageId?: string | undefined;
  /** The how manieth message of its connection it is. */
  n?: number;
}

/**
 * Keeps the order of one connection's messages across refusals (R4): once a message with a client id was refused for
 * now, later ones to that conversation are refused too, until that one comes again.
 */
export class SendOrder {
  readonly #runtime: Runtime;
  /** Conversation, as the client names it → the refused message that has to come first. */
  readonly #refused = new Map<string, { clientId: string; n: number; until: number }>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Throws `previous_failed` for a message that would overtake. */
  check(send: Ordered): void {
    const key = keyOf(send);
    const refused = this.#refused.get(key);
    if (refused === undefined || send.clientMessageId === undefined) return;
    if (refused.clientId === send.clientMessageId || refused.until < this.#runtime.monotonic()) this.#refused.delete(key);
    else throw new Refusal('previous_failed');
  }

  /**
   * A message was refused, but may come again. The earliest one is what has to come first, and need not be the first to be
   * refused: when the store breaks down, what was on its way there is answered last.
   */
  refused(send: Ordered): void {
    const { clientMessageId: clientId, n = 0 } = send;
    const key = keyOf(send);
    const known = this.#refused.get(key);
    if (clientId === undefined || (known !== undefined && known.n < n)) return;
    this.#refused.set(key, { clientId, n, until: this.#runtime.monotonic() + HOLD_MS });
  }
}

const keyOf = ({ to, chatId, groupId }: Ordered) => groupId ?? to?.toLowerCase() ?? chatId ?? '';
