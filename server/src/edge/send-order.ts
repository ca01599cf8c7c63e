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
}

/**
 * Keeps the order of one connection's messages across refusals (R4): once a message with a client id was refused for
 * now, later ones to that conversation are refused too, until that one comes again.
 */
export class SendOrder {
  readonly #runtime: Runtime;
  /** Conversation, as the client names it → the refused message that has to come first. */
  readonly #refused = new Map<string, { clientId: string; until: number }>();

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

  /** A message was refused, but may come again. */
  refused(send: Ordered): void {
    const key = keyOf(send);
    if (send.clientMessageId === undefined || this.#refused.has(key)) return;
    this.#refused.set(key, { clientId: send.clientMessageId, until: this.#runtime.monotonic() + HOLD_MS });
  }
}

const keyOf = ({ to, chatId, groupId }: Ordered) => groupId ?? to?.toLowerCase() ?? chatId ?? '';
