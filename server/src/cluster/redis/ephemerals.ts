import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import type { Channels } from './channels.js';
import type { Directory } from './directory.js';
import type { Keys } from './keys.js';

const WAITING_MAX_EVENTS = 2_000;
const COMMA_LINE = '\n';

export interface EphemeralsParts {
  channels: Channels;
  directory: Directory;
  keys: Keys;
  runtime: Runtime;
  meter: Meter;
  boot: string;
  onError: (error: unknown) => void;
}

/**
 * Typing, receipts and the like, to the servers of the people concerned. They may be dropped, but not by looking where
 * people were a moment ago: who has just read their state would wait for the next receipt for ever (R8).
 */
export class Ephemerals {
  readonly #parts: EphemeralsParts;
  #waiting: { userIds: readonly string[]; frame: Uint8Array }[] = [];
  #isSending = false;

  constructor(parts: EphemeralsParts) {
    this.#parts = parts;
  }

  start(take: (userIds: readonly string[], frame: Uint8Array) => void): Promise<void> {
    const { channels, keys, boot, onError } = this.#parts;
    return channels.subscribe([keys.ephemerals(boot)], (message) => {
      const end = message.indexOf(COMMA_LINE);
      if (end < 0) return onError(new Error('an ephemeral without recipients'));
      take(message.toString('latin1', 0, end).split(','), message.subarray(end + 1));
    });
  }

  send(userIds: readonly string[], frame: Uint8Array): void {
    if (this.#waiting.length >= WAITING_MAX_EVENTS) {
      this.#parts.meter.count('ephemerals_dropped');
      return;
    }
    this.#waiting.push({ userIds, frame });
    if (this.#isSending) return;
    this.#isSending = true;
    this.#parts.runtime.soon(() => void this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const found = await this.#parts.directory.find(new Set(batch.flatMap((each) => each.userIds)));
        for (const { userIds, frame } of batch) this.#sendOne(userIds, frame, found);
      } catch {
        // Redis is away, which others tell; these are for now or never.
        this.#parts.meter.count('ephemerals_dropped', batch.length);
      }
    }
    this.#isSending = false;
  }

  #sendOne(userIds: readonly string[], frame: Uint8Array, found: ReadonlyMap<string, readonly string[] | null>): void {
    const { channels, keys, boot: self } = this.#parts;
    const targets = new Map<string, string[]>();
    for (const userId of userIds) {
      for (const boot of found.get(userId) ?? []) {
        if (boot === self) continue;
        const there = targets.get(boot);
        if (there === undefined) targets.set(boot, [userId]);
        else there.push(userId);
      }
    }
    for (const [boot, there] of targets) {
      channels.publish(keys.ephemerals(boot), Buffer.concat([Buffer.from(there.join(',') + COMMA_LINE, 'latin1'), frame]));
    }
  }
}
