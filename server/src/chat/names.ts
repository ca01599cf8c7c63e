import type { AccountStore } from '../ports/accounts.js';
import type { Meter } from '../ports/meter.js';
import { recentlyUsed } from './recent.js';

const NAMES_KEPT = 200_000;

/** userId ↔ username. Both are for ever, so what was read once never becomes wrong. */
export class Names {
  readonly #accounts: AccountStore;
  readonly #meter: Meter;
  readonly #nameOf = recentlyUsed<string>(NAMES_KEPT);
  readonly #idOf = recentlyUsed<string>(NAMES_KEPT);

  constructor(accounts: AccountStore, meter: Meter) {
    this.#accounts = accounts;
    this.#meter = meter;
  }

  remember(userId: string, username: string): void {
    this.#nameOf.set(userId, username);
    this.#idOf.set(username.toLowerCase(), userId);
  }

  /** The username, if it is known here already. */
  known(userId: string): string | undefined {
    return this.#nameOf.get(userId);
  }

  /** The user's id, or null if nobody has this name. */
  async idOf(username: string): Promise<string | null> {
    const [id = null] = await this.idsOf([username]);
    return id;
  }

  /** Of each, in their order: the user's id, or null. Those not known here are asked for together. */
  async idsOf(usernames: readonly string[]): Promise<(string | null)[]> {
    const unknown = usernames.filter((username) => this.#idOf.get(username.toLowerCase()) === undefined);
    this.#meter.count('names_hits', usernames.length - unknown.length);
    if (unknown.length > 0) {
      this.#meter.count('names_misses', unknown.length);
      for (const account of await this.#accounts.byUsernames(unknown)) this.remember(account.id, account.username);
    }
    return usernames.map((username) => this.#idOf.get(username.toLowerCase()) ?? null);
  }

  /** Makes sure that these are known; then `of` gives each. */
  async learn(userIds: Iterable<string>): Promise<void> {
    const unknown = [...new Set(userIds)].filter((id) => this.#nameOf.get(id) === undefined);
    if (unknown.length === 0) return;
    this.#meter.count('names_misses', unknown.length);
    for (const account of await this.#accounts.byIds(unknown)) this.remember(account.id, account.username);
  }

  /** The username of somebody who is known, or was asked for by `learn`. */
  of(userId: string): string {
    return this.#nameOf.get(userId) ?? userId;
  }
}
