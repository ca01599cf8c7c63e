import type { LogStore } from '../ports/log.js';
import type { MovedStore } from '../ports/moved.js';
import type { Runtime, Timer } from '../ports/runtime.js';
import type { Delivery } from './delivery.js';
import type { Heard } from './heard.js';
import type { Hub } from './hub.js';

const POLL_MS = 5_000;
const JITTER_MS = 1_000;
/** What was committed this long before the last answer may have become visible only after it. Above all timeouts of a commit. */
const OVERLAP_MS = 10_000;
const MOVED_MAX = 10_000;
const PAGE = { limit: 100, maxBytes: 1_048_576 };

export interface HealingParts {
  moved: MovedStore;
  log: LogStore;
  hub: Hub;
  heard: Heard;
  delivery: Delivery;
  runtime: Runtime;
  onError: (error: unknown) => void;
}

/**
 * Asks the log every few seconds what other servers appended for people who are connected here, and hands out what did
 * not come: whatever the relay lost is there within ten seconds, without a reconnect (D4, R9).
 */
export class Healing {
  readonly #parts: HealingParts;
  #since: number | null = null;
  #timer: Timer | null = null;
  #polling: Promise<void> | null = null;
  #isStopped = false;

  constructor(parts: HealingParts) {
    this.#parts = parts;
  }

  start(): void {
    const { runtime } = this.#parts;
    const delayMs = POLL_MS + (runtime.random() * 2 - 1) * JITTER_MS;
    this.#timer = runtime.after(delayMs, () => {
      void this.now().then(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#polling;
  }

  /** Heals at once; for when something is known to have been lost. Never rejects. */
  now(): Promise<void> {
    this.#polling ??= this.#poll()
      .catch(this.#parts.onError)
      .finally(() => (this.#polling = null));
    return this.#polling;
  }

  async #poll(): Promise<void> {
    const { moved, hub, heard } = this.#parts;
    const userIds = hub.userIds();
    if (userIds.length === 0) {
      this.#since = null;
      return;
    }
    const since = this.#since === null ? null : this.#since - OVERLAP_MS;
    const answer = await moved.movedSince({ userIds, since, limit: MOVED_MAX });
    for (const range of answer.moved) {
      const missing = heard.missing(range);
      if (missing !== null) await this.#heal(range.conversationId, missing);
    }
    // Only now: what could not be healed is asked for again.
    this.#since = answer.now;
  }

  async #heal(conversationId: string, { from, to }: { from: number; to: number }): Promise<void> {
    const { log, delivery } = this.#parts;
    for (let after = from - 1; after < to;) {
      const page = await log.page({ conversationId, from, to, after, ...PAGE });
      const maybeNew = page.entries.some(({ kind }) => kind === 'created' || kind === 'added');
      const first = maybeNew ? await log.entry(conversationId, 1) : null;
      await delivery.heal(conversationId, page.entries, first?.createdAt ?? null);
      if (page.coversTo <= after) return;
      after = page.coversTo;
    }
  }
}
