import type { Person } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/limits';
import { asParleyError, type ParleyError } from './errors.js';
import type { Runtime, Timer } from './runtime.js';
import type { Wire } from './wire.js';

/** Whoever is met within this time is asked about in one request. */
const GATHER_MS = 50;
const RETRY_MS = 5_000;

export interface PeopleParts {
  runtime: Runtime;
  wire: Wire;
  /** How these people want to be seen has changed; usernames in lower case. */
  changed: (usernames: readonly string[]) => void;
  failed: (error: ParleyError) => void;
}

/**
 * How people want to be seen. The server tells it with whatever names them; who is named by an event alone is asked
 * about, many at a time.
 */
export class People {
  readonly #parts: PeopleParts;
  /** Who has chosen something, by username in lower case. */
  readonly #people = new Map<string, Person>();
  /** Everybody of whom it is known, also that they have chosen nothing. */
  readonly #known = new Set<string>();
  readonly #wanted = new Set<string>();
  #shown: ReadonlyMap<string, Person> | null = null;
  #asking: Timer | null = null;

  /** Made by the client. */
  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  /** Who has a display name or a colour, by username in lower case. A new map after a change, the same without. */
  get all(): ReadonlyMap<string, Person> {
    this.#shown ??= new Map(this.#people);
    return this.#shown;
  }

  /** What somebody is called: the display name, or the username of who has none. */
  nameOf(username: string): string {
    return this.#people.get(keyOf(username))?.displayName ?? username;
  }

  /** A reply named these, and said this of some of them; the others have chosen nothing. */
  told(named: Iterable<string>, people: readonly Person[] = []): void {
    const told = new Map(people.map((person) => [keyOf(person.username), person]));
    const changed: string[] = [];
    for (const key of new Set([...[...named].map(keyOf), ...told.keys()])) {
      if (this.#put(key, told.get(key) ?? null)) changed.push(key);
    }
    if (changed.length > 0) this.#parts.changed(changed);
  }

  /** Somebody was named without a word of how they want to be seen. */
  met(username: string): void {
    const key = keyOf(username);
    if (this.#known.has(key) || this.#wanted.has(key)) return;
    this.#wanted.add(key);
    this.#askSoon(GATHER_MS);
  }

  /** The connection is live: whoever is still to be asked about is. */
  resumed(): void {
    if (this.#wanted.size > 0) this.#askSoon(GATHER_MS);
  }

  end(): void {
    this.#asking?.cancel();
    this.#asking = null;
  }

  #askSoon(delayMs: number): void {
    this.#asking ??= this.#parts.runtime.after(delayMs, () => {
      this.#asking = null;
      if (this.#parts.wire.isLive) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const usernames = [...this.#wanted].slice(0, LIMITS.peopleMax);
    if (usernames.length === 0) return;
    try {
      const { people } = await this.#parts.wire.ask({ type: 'GET_PEOPLE', usernames });
      this.told(usernames, people);
    } catch (reason) {
      const error = asParleyError(reason, 'bad_reply');
      if (error.code === 'disconnected') return;
      // A server that cannot say is not asked again.
      if (!error.retryable && error.code !== 'timeout') for (const username of usernames) this.#put(username, null);
      this.#parts.failed(error);
      return this.#askSoon(error.retryAfterMs ?? RETRY_MS);
    }
    if (this.#wanted.size > 0) this.#askSoon(0);
  }

  /** False: it was known already. */
  #put(key: string, person: Person | null): boolean {
    this.#known.add(key);
    this.#wanted.delete(key);
    const before = this.#people.get(key);
    const has = person !== null && (person.displayName !== null || person.colour !== null);
    if (has && before?.displayName === person.displayName && before.colour === person.colour) return false;
    if (!has && before === undefined) return false;
    if (has) this.#people.set(key, person);
    else this.#people.delete(key);
    this.#shown = null;
    return true;
  }
}

const keyOf = (username: string) => username.toLowerCase();
