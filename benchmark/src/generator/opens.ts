import type { Dialect, Incoming, Target } from '../dialects/dialect.js';
import { maskedText } from '../wire/masked-frame.js';
import type { Client } from './client.js';
import { micros, type Tally } from './tally.js';

const PAGE_LIMIT = 50;

export interface OpensParts {
  client: Client;
  dialect: Dialect;
  tally: Tally;
  openWithinMs: number;
}

interface Asked {
  stamp: number;
  /** What the client had of the conversation when it asked: the page may not end below. */
  seq: number;
}

/** One person who looks at what came: opens the conversation once for all that came before they got to it. */
export class Opens {
  readonly #parts: OpensParts;
  /** Conversation → the highest seq that came in it. */
  readonly #seen = new Map<string, number>();
  /** Those that are about to be opened. */
  readonly #soon = new Set<string>();
  /** Conversation → its page is on the way; answers come in the order of the questions. */
  readonly #asked = new Map<string, Asked[]>();

  constructor(parts: OpensParts) {
    this.#parts = parts;
  }

  /** A message came. */
  soon(target: Pick<Target, 'kind' | 'conversationId'>, seq: number): void {
    const { conversationId } = target;
    this.#seen.set(conversationId, Math.max(seq, this.#seen.get(conversationId) ?? 0));
    if (this.#soon.has(conversationId)) return;
    this.#soon.add(conversationId);
    setTimeout(() => this.#open(target), Math.random() * this.#parts.openWithinMs).unref();
  }

  /** A page came. */
  came({ conversationId, coversTo }: Extract<Incoming, { kind: 'page' }>): void {
    const asked = this.#asked.get(conversationId)?.shift();
    if (asked !== undefined) this.#parts.tally.opened(asked.stamp, coversTo < asked.seq);
  }

  #open(target: Pick<Target, 'kind' | 'conversationId'>): void {
    const { client, dialect } = this.#parts;
    const { conversationId } = target;
    this.#soon.delete(conversationId);
    const text = dialect.open(target, PAGE_LIMIT);
    if (text === null) return;
    const asked = this.#asked.get(conversationId) ?? [];
    asked.push({ stamp: micros(), seq: this.#seen.get(conversationId) ?? 0 });
    this.#asked.set(conversationId, asked);
    client.write(maskedText(text));
  }
}
