import type { Relay } from '../ports/relay.js';
import type { Runtime } from '../ports/runtime.js';
import type { Encode } from './delivery.js';
import { RESYNC } from './resync.js';

const RETRY_MS = 500;
/** Asked at a time, so that they do not all read their inboxes in the same moment. */
const AT_ONCE = 500;
/** While more than these are cut off, whoever is left out finds out from the doubt of their own server. */
const MISSED_MAX_USERS = 50_000;

export interface MissedParts {
  relay: Relay;
  runtime: Runtime;
  encode: Encode;
}

/**
 * People on other servers whom an event did not reach that is in no log, such as a receipt, because this server had no
 * way to theirs: once there is one, their devices are asked to read their inboxes again.
 */
export class Missed {
  readonly #parts: MissedParts;
  readonly #users = new Set<string>();
  #isWaiting = false;

  constructor(parts: MissedParts) {
    this.#parts = parts;
  }

  add(userIds: readonly string[]): void {
    for (const userId of userIds) if (this.#users.size < MISSED_MAX_USERS) this.#users.add(userId);
    this.#wait();
  }

  #wait(): void {
    if (this.#isWaiting || this.#users.size === 0) return;
    this.#isWaiting = true;
    this.#parts.runtime.after(RETRY_MS, () => void this.#ask());
  }

  #take(): string[] {
    const some: string[] = [];
    for (const userId of this.#users) {
      if (some.push(userId) === AT_ONCE) break;
    }
    for (const userId of some) this.#users.delete(userId);
    return some;
  }

  async #ask(): Promise<void> {
    const { relay, encode } = this.#parts;
    const userIds = this.#take();
    await relay.forward({ kind: 'event', frame: encode(RESYNC), userIds }).catch(() => {
      for (const userId of userIds) this.#users.add(userId);
    });
    this.#isWaiting = false;
    this.#wait();
  }
}
