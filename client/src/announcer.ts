import type { Message } from './entries.js';
import type { Range } from './ranges.js';

export interface AnnouncerParts {
  /** What is missing and still to come. */
  hole: () => Range | null;
  tell: (message: Message, isLive: boolean) => void;
}

interface Held {
  message: Message;
  isLive: boolean;
}

/** Announces each new message once, in the order of seqs: one that came over a gap waits until nothing before it is to come. */
export class Announcer {
  readonly #parts: AnnouncerParts;
  #held: Held[] = [];

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  add(messages: readonly Message[], isLive: boolean): void {
    this.#held.push(...messages.map((message) => ({ message, isLive })));
    this.#held.sort((a, b) => a.message.seq - b.message.seq);
    this.flush();
  }

  /** Announces what no hole is in front of. */
  flush(): void {
    if (this.#held.length === 0) return;
    const limit = this.#parts.hole()?.from ?? Number.POSITIVE_INFINITY;
    const ready = this.#held.filter(({ message }) => message.seq < limit);
    this.#held = this.#held.slice(ready.length);
    for (const { message, isLive } of ready) this.#parts.tell(message, isLive);
  }
}
