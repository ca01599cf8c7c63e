import type { Message } from './entries.js';
import type { Range } from './ranges.js';
import type { Runtime, Timer } from './runtime.js';

export interface AnnouncerParts {
  runtime: Runtime;
  holdMs: number;
  /** What is missing and being fetched. */
  hole: () => Range | null;
  tell: (message: Message, isLive: boolean) => void;
}

interface Held {
  message: Message;
  isLive: boolean;
}

/** Announces each new message once, in the order of seqs; one that came over a gap waits for it, but not for long. */
export class Announcer {
  readonly #parts: AnnouncerParts;
  #held: Held[] = [];
  #timer: Timer | null = null;
  /** The hole that was waited for long enough: its start. */
  #givenUp = 0;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  add(messages: readonly Message[], isLive: boolean): void {
    if (messages.length === 0) return this.flush();
    this.#held.push(...messages.map((message) => ({ message, isLive })));
    this.#held.sort((a, b) => a.message.seq - b.message.seq);
    this.flush();
  }

  /** Announces what no hole is in front of. */
  flush(): void {
    if (this.#held.length === 0) return;
    const hole = this.#parts.hole();
    const limit = hole === null || hole.from === this.#givenUp ? Number.POSITIVE_INFINITY : hole.from;
    const ready = this.#held.filter(({ message }) => message.seq < limit);
    this.#held = this.#held.slice(ready.length);
    if (this.#held.length === 0) this.cancel();
    else this.#timer ??= this.#parts.runtime.after(this.#parts.holdMs, () => this.#giveUp());
    for (const { message, isLive } of ready) this.#parts.tell(message, isLive);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #giveUp(): void {
    this.#timer = null;
    this.#givenUp = this.#parts.hole()?.from ?? 0;
    this.flush();
  }
}
