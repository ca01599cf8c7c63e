import type { Person } from '@parley/protocol';
import type { Account, AccountStore } from '../ports/accounts.js';
import type { ContactStore } from '../ports/conversations.js';
import type { Relay } from '../ports/relay.js';
import type { Runtime } from '../ports/runtime.js';
import type { Delivery } from './delivery.js';
import type { Names } from './names.js';
import { recentlyUsed } from './recent.js';

const PROFILES_KEPT = 200_000;
/** Of a change at another server this one is told; if that was lost, it tells the change at most so much later. */
const HOLDS_MS = 30_000;

interface Seen {
  person: Person;
  readAt: number;
}

export interface ProfilesParts {
  accounts: Pick<AccountStore, 'byIds'>;
  contacts: Pick<ContactStore, 'friends'>;
  names: Names;
  delivery: Pick<Delivery, 'toUsersFleeting'>;
  /** Null: this server is alone. */
  relay: Pick<Relay, 'notify'> | null;
  runtime: Runtime;
}

/** How people want to be seen by others: display names and colours. */
export class Profiles {
  readonly #parts: ProfilesParts;
  readonly #seen = recentlyUsed<Seen>(PROFILES_KEPT);

  constructor(parts: ProfilesParts) {
    this.#parts = parts;
  }

  /** Of these, each once: who has a display name or a colour. */
  async of(userIds: Iterable<string>): Promise<Person[]> {
    const ids = [...new Set(userIds)];
    const now = this.#parts.runtime.monotonic();
    const known = new Map<string, Person>();
    for (const id of ids) {
      const seen = this.#seen.get(id);
      if (seen !== undefined && now - seen.readAt < HOLDS_MS) known.set(id, seen.person);
    }
    const unknown = ids.filter((id) => !known.has(id));
    const accounts = unknown.length === 0 ? [] : await this.#parts.accounts.byIds(unknown);
    for (const account of accounts) {
      const person = personOf(account);
      this.#seen.set(account.id, { person, readAt: now });
      this.#parts.names.remember(account.id, account.username);
      known.set(account.id, person);
    }
    return [...known.values()].filter(({ displayName, colour }) => displayName !== null || colour !== null);
  }

  /** Of these usernames; nobody has those that are not in it, or who has chose nothing. */
  async named(usernames: readonly string[]): Promise<Person[]> {
    const ids = await this.#parts.names.idsOf(usernames);
    return this.of(ids.filter((id) => id !== null));
  }

  /** Somebody has changed theirs at another server. */
  forget(userId: string): void {
    this.#seen.delete(userId);
  }

  /** Somebody has changed theirs: those who see them in a list are told, as far as they are there. */
  async changed({ userId, ...me }: Person & { userId: string }): Promise<void> {
    const { contacts, delivery, relay, runtime } = this.#parts;
    const person = personOf(me);
    this.#seen.set(userId, { person, readAt: runtime.monotonic() });
    relay?.notify({ kind: 'profile_changed', userId });
    const friends = await contacts.friends(userId);
    delivery.toUsersFleeting([userId, ...friends.map((friend) => friend.userId)], { type: 'PERSON_CHANGED', person });
  }
}

const personOf = ({ username, displayName, colour }: Pick<Account, 'username' | 'displayName' | 'colour'>): Person => ({
  username,
  displayName,
  colour,
});
