import type { Account, AccountStore, ProfileChange } from '../ports/accounts.js';
import { AppendRefused } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Job } from '../ports/profile.js';
import type { ExistenceFilter } from './redis/existence-filter.js';

const NAMES_AT_ONCE = 1_000;

/** Usernames in lower case, in order, after `after`. */
export type ListNames = (after: string, limit: number) => Promise<string[]>;

/**
 * Accounts behind a filter that knows most names which nobody has (R23): who asks for these costs no query. A name is in
 * the filter before it is in the store.
 */
export class KnownAccounts implements AccountStore {
  readonly #accounts: AccountStore;
  readonly #filter: () => ExistenceFilter;
  readonly #meter: Meter;

  constructor(accounts: AccountStore, filter: () => ExistenceFilter, meter: Meter) {
    this.#accounts = accounts;
    this.#filter = filter;
    this.#meter = meter;
  }

  /** Without Redis there are no new accounts for now: a filter that comes back with a name missing would hide it for ever. */
  async create(account: Account): Promise<boolean> {
    await this.#filter()
      .add(account.username.toLowerCase())
      .catch(() => {
        throw new AppendRefused('overloaded');
      });
    return this.#accounts.create(account);
  }

  async byUsername(username: string): Promise<Account | null> {
    return (await this.#mayExist(username)) ? this.#accounts.byUsername(username) : null;
  }

  async byUsernames(usernames: string[]): Promise<Account[]> {
    const may = await Promise.all(usernames.map((username) => this.#mayExist(username)));
    return this.#accounts.byUsernames(usernames.filter((_, index) => may[index] === true));
  }

  async #mayExist(username: string): Promise<boolean> {
    const may = await this.#filter().mayExist(username.toLowerCase());
    if (!may) this.#meter.count('existence_filter_hits');
    return may;
  }

  byIds(ids: string[]): Promise<Account[]> {
    return this.#accounts.byIds(ids);
  }

  search(prefix: string, limit: number, after?: string): Promise<Account[]> {
    return this.#accounts.search(prefix, limit, after);
  }

  setPassword(id: string, passwordHash: string): Promise<void> {
    return this.#accounts.setPassword(id, passwordHash);
  }

  setProfile(id: string, change: ProfileChange): Promise<void> {
    return this.#accounts.setProfile(id, change);
  }

  close(id: string, at: number): Promise<void> {
    return this.#accounts.close(id, at);
  }

  setAdmin(id: string, admin: boolean): Promise<void> {
    return this.#accounts.setAdmin(id, admin);
  }

  setSuspended(id: string, at: number | null): Promise<void> {
    return this.#accounts.setSuspended(id, at);
  }

  setLastSeen(seen: { userId: string; at: number }[]): Promise<void> {
    return this.#accounts.setLastSeen(seen);
  }
}

/** Fills the filter when it is not complete: at first, and after Redis lost it. */
export function fillFilter(filter: () => ExistenceFilter, names: ListNames): Job {
  return {
    name: 'fill the existence filter',
    everyMs: 60_000,
    run: async () => {
      if (await filter().isComplete()) return false;
      const begun = filter().begin();
      if (begun === null) return false;
      for (let after = ''; ;) {
        const some = await names(after, NAMES_AT_ONCE);
        await Promise.all(some.map((name) => filter().add(name)));
        const last = some.at(-1);
        if (last === undefined || some.length < NAMES_AT_ONCE) break;
        after = last;
      }
      return !(await filter().complete(begun));
    },
  };
}
