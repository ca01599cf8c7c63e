import type { Runtime } from '../../ports/runtime.js';
import type { Channels } from './channels.js';
import type { Directory } from './directory.js';
import type { Keys } from './keys.js';

const CACHED_MS = 2_000;
const CACHE_MAX_USERS = 20_000;
const WAITING_MAX_EVENTS = 2_000;
const COMMA_LINE = '\n';

export interface EphemeralsParts {
  channels: Channels;
  directory: Directory;
  keys: Keys;
  runtime: Runtime;
  boot: string;
  onError: (error: unknown) => void;
}

/**
 * Typing and the like, to the servers of the people concerned. It may be dropped, so where somebody was two seconds ago
 * is good enough.
 */
export class Ephemerals {
  readonly #parts: EphemeralsParts;
  readonly #cache = new Map<string, { boots: readonly string[]; until: number }>();
  #waiting: { userIds: readonly string[]; frame: Uint8Array }[] = [];
  #isSending = false;
  dropped = 0;

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
      this.dropped++;
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
        await this.#look(batch.flatMap((each) => each.userIds));
        for (const { userIds, frame } of batch) this.#sendOne(userIds, frame);
      } catch {
        // Redis is away, which others tell; these are for now or never.
        this.dropped += batch.length;
      }
    }
    this.#isSending = false;
  }

  async #look(userIds: readonly string[]): Promise<void> {
    const { directory, runtime } = this.#parts;
    const now = runtime.monotonic();
    const unknown = new Set(userIds.filter((userId) => (this.#cache.get(userId)?.until ?? 0) <= now));
    if (unknown.size === 0) return;
    if (this.#cache.size + unknown.size > CACHE_MAX_USERS) this.#cache.clear();
    const found = await directory.find(unknown);
    for (const userId of unknown) this.#cache.set(userId, { boots: found.get(userId) ?? [], until: now + CACHED_MS });
  }

  #sendOne(userIds: readonly string[], frame: Uint8Array): void {
    const { channels, keys, boot: self } = this.#parts;
    const targets = new Map<string, string[]>();
    for (const userId of userIds) {
      for (const boot of this.#cache.get(userId)?.boots ?? []) {
        if (boot === self) continue;
        targets.set(boot, [...(targets.get(boot) ?? []), userId]);
      }
    }
    for (const [boot, there] of targets) {
      channels.publish(keys.ephemerals(boot), Buffer.concat([Buffer.from(there.join(',') + COMMA_LINE, 'latin1'), frame]));
    }
  }
}
