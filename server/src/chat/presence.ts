import { Refusal, type EventOf, type PresenceCommandOf, type Status } from '@parley/protocol';
import type { AccountStore } from '../ports/accounts.js';
import type { ContactStore } from '../ports/conversations.js';
import type { Runtime, Timer } from '../ports/runtime.js';
import type { Acquaintance } from './chats.js';
import type { Encode } from './delivery.js';
import type { Recipient } from './hub.js';
import type { Names } from './names.js';

/** Changes of one person are gathered this long, so that a flickering network is one change or none. */
const GATHER_MS = 300;
const SNAPSHOT_MAX_FRIENDS = 1_000;

export interface PresenceParts {
  accounts: AccountStore;
  contacts: ContactStore;
  names: Names;
  runtime: Runtime;
  encode: Encode;
  /** How long after the last connection ended a person still counts as there: reconnecting is not leaving. */
  graceMs: number;
  onError: (error: unknown) => void;
}

/** Somebody with at least one connection here, or watched by somebody, or on the way out. */
interface Person {
  connections: number;
  /** True also until it is known, so that nobody is shown who hides. */
  invisible: boolean;
  /** The account was read, or the user has said so since. */
  isKnown: boolean;
  lastSeen: number | null;
  /** Still counts as there, until the timer ends it. */
  leaving: Timer | null;
  announced: Status;
  announcing: boolean;
}

/** A presence connection: it is a sign of life of its user, and is told of those whom it looks at. */
export interface Watcher extends Recipient {
  readonly watching: Set<string>;
  away: boolean;
}

/**
 * Who is there (P1). A person is online while any of their chat or presence connections answers; ends of connections
 * take `graceMs` to count. Friends hear of it, and those who look; nobody else, and the invisible are offline to all.
 */
export class Presence implements Acquaintance {
  readonly #parts: PresenceParts;
  readonly #people = new Map<string, Person>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** Presence connections by user, to add friends that come later. */
  readonly #open = new Map<string, Set<Watcher>>();
  #seen = new Map<string, number>();
  /** People whose account has not been read yet; read together at the end of the tick. */
  #unread: string[] = [];

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** A connection of the user, of either kind, is open. */
  connected(userId: string): void {
    const person = this.#people.get(userId) ?? this.#arrive(userId);
    person.connections++;
    person.leaving?.cancel();
    person.leaving = null;
    this.#announceSoon(userId, person);
  }

  /** A connection of the user has ended. */
  disconnected(userId: string): void {
    const person = this.#people.get(userId);
    if (person === undefined) return;
    person.connections--;
    if (person.connections > 0) return this.#announceSoon(userId, person);
    person.leaving = this.#parts.runtime.after(this.#parts.graceMs, () => this.#left(userId, person));
  }

  /** A presence connection is open: sends the snapshot of friends, then their changes. */
  async open(watcher: Watcher): Promise<void> {
    getOrMake(this.#open, watcher.userId).add(watcher);
    const friends = (await this.#parts.contacts.friends(watcher.userId)).slice(0, SNAPSHOT_MAX_FRIENDS);
    await this.#show(
      watcher,
      friends.map((friend) => friend.userId),
    );
    watcher.send(
      this.#parts.encode({
        type: 'INFO',
        code: 'presence_ready',
        message: `You follow the presence of ${friends.length} friends.`,
      }),
    );
  }

  close(watcher: Watcher): void {
    removeFrom(this.#open, watcher.userId, watcher);
    for (const userId of watcher.watching) removeFrom(this.#watchers, userId, watcher);
    watcher.watching.clear();
  }

  /** Looks also at these: people with whom one shares a group. Replaces those looked at before. */
  async watch(watcher: Watcher, command: PresenceCommandOf<'PRESENCE_WATCH'>): Promise<void> {
    const { names, contacts } = this.#parts;
    const ids = await Promise.all(command.usernames.map((username) => names.idOf(username)));
    const wanted = ids.filter((id) => id !== null && id !== watcher.userId) as string[];
    const allowed = new Set(await contacts.acquainted(watcher.userId, wanted));
    const refused = command.usernames.findIndex(
      (_, i) => ids[i] === null || (ids[i] !== watcher.userId && !allowed.has(ids[i] ?? '')),
    );
    if (refused >= 0) {
      throw new Refusal('not_allowed', `usernames.${refused}: expected somebody with whom you share a chat or a group`, {
        field: `usernames.${refused}`,
      });
    }
    const friends = new Set((await contacts.friends(watcher.userId)).map((friend) => friend.userId));
    for (const userId of watcher.watching) if (!friends.has(userId) && !allowed.has(userId)) this.#unwatch(watcher, userId);
    await this.#show(
      watcher,
      [...allowed].filter((userId) => !watcher.watching.has(userId)),
    );
  }

  /** Away or back on this connection; invisible for the user, kept until somebody of theirs says `online`. */
  async set(watcher: Watcher, command: PresenceCommandOf<'PRESENCE_SET'>): Promise<void> {
    if (command.status !== 'away') {
      const invisible = command.status === 'invisible';
      await this.#parts.accounts.setProfile(watcher.userId, { invisible });
      this.hide(watcher.userId, invisible);
    }
    this.#away(watcher, command.status === 'away');
  }

  /** The user is now hidden from everybody, or shown again. */
  hide(userId: string, invisible: boolean): void {
    const person = this.#people.get(userId);
    if (person === undefined) return;
    person.isKnown = true;
    if (person.invisible === invisible) return;
    if (invisible) this.#saw(userId, person);
    person.invisible = invisible;
    this.#announceSoon(userId, person);
  }

  befriended(userId: string, friendId: string): void {
    for (const [one, other] of [
      [userId, friendId],
      [friendId, userId],
    ] as const) {
      for (const watcher of this.#open.get(one) ?? []) this.#show(watcher, [other]).catch(this.#parts.onError);
    }
  }

  parted(userId: string, friendId: string): void {
    for (const [one, other] of [
      [userId, friendId],
      [friendId, userId],
    ] as const) {
      for (const watcher of this.#open.get(one) ?? []) {
        if (!watcher.watching.has(other)) continue;
        this.#unwatch(watcher, other);
        watcher.sendEphemeral(this.#parts.encode(update(this.#parts.names.of(other), 'offline', null)));
      }
    }
  }

  /** The user is no longer in a group: looking at each other ends for those who share nothing else now. */
  async leftGroup(userId: string): Promise<void> {
    const others = new Set<string>();
    for (const watcher of this.#open.get(userId) ?? []) for (const other of watcher.watching) others.add(other);
    for (const watcher of this.#watchers.get(userId) ?? []) others.add(watcher.userId);
    if (others.size === 0) return;
    const still = new Set(await this.#parts.contacts.acquainted(userId, [...others]));
    for (const other of others) if (!still.has(other)) this.parted(userId, other);
  }

  /** The server stops: whoever is here was last seen now. */
  async stop(): Promise<void> {
    for (const [userId, person] of this.#people) if (present(person) && !person.invisible) this.#saw(userId, person);
    await this.flush();
  }

  /** Writes down when those who left were last seen. Called now and then, and before the end. */
  async flush(): Promise<void> {
    const seen = this.#seen;
    if (seen.size === 0) return;
    await this.#parts.accounts.setLastSeen([...seen].map(([userId, at]) => ({ userId, at })));
    // Kept until it is written, so that nobody is told an older time meanwhile.
    for (const [userId, at] of seen) if (this.#seen.get(userId) === at) this.#seen.delete(userId);
  }

  #arrive(userId: string): Person {
    const person = {
      connections: 0,
      invisible: true,
      isKnown: false,
      lastSeen: null,
      leaving: null,
      announced: 'offline' as const,
      announcing: false,
    };
    this.#people.set(userId, person);
    if (this.#unread.length === 0) this.#parts.runtime.soon(() => void this.#readAccounts().catch(this.#parts.onError));
    this.#unread.push(userId);
    return person;
  }

  async #readAccounts(): Promise<void> {
    const userIds = this.#unread;
    this.#unread = [];
    for (const account of await this.#parts.accounts.byIds(userIds)) {
      this.#parts.names.remember(account.id, account.username);
      const person = this.#people.get(account.id);
      if (person === undefined) continue;
      if (!person.isKnown) person.invisible = account.invisible;
      person.isKnown = true;
      person.lastSeen ??= account.lastSeen;
      this.#announceSoon(account.id, person);
    }
  }

  #left(userId: string, person: Person): void {
    person.leaving = null;
    if (person.connections > 0) return;
    if (!person.invisible) this.#saw(userId, person);
    this.#announceSoon(userId, person);
  }

  #saw(userId: string, person: Person): void {
    person.lastSeen = this.#parts.runtime.now();
    this.#seen.set(userId, person.lastSeen);
  }

  #away(watcher: Watcher, away: boolean): void {
    if (watcher.away === away) return;
    watcher.away = away;
    const person = this.#people.get(watcher.userId);
    if (person !== undefined) this.#announceSoon(watcher.userId, person);
  }

  #announceSoon(userId: string, person: Person): void {
    if (person.announcing) return;
    person.announcing = true;
    this.#parts.runtime.after(GATHER_MS, () => {
      person.announcing = false;
      this.#announce(userId, person);
    });
  }

  #announce(userId: string, person: Person): void {
    const status = this.#status(userId, person);
    if (status !== person.announced) {
      person.announced = status;
      const watchers = this.#watchers.get(userId);
      if (watchers !== undefined && watchers.size > 0) {
        const frame = this.#parts.encode(update(this.#parts.names.of(userId), status, this.#lastSeen(status, person)));
        for (const watcher of watchers) watcher.sendEphemeral(frame);
      }
    }
    if (!present(person) && this.#people.get(userId) === person) this.#people.delete(userId);
  }

  /** Away is who has presence connections, all of them away; a chat connection alone is online. */
  #status(userId: string, person: Person): Status {
    if (person.invisible || !present(person)) return 'offline';
    const open = this.#open.get(userId);
    return open !== undefined && [...open].every((watcher) => watcher.away) ? 'away' : 'online';
  }

  #lastSeen(status: Status, person: Person): number | null {
    return status === 'offline' ? person.lastSeen : this.#parts.runtime.now();
  }

  /** Registers first, then reads and tells, so that a change in between is told too. */
  async #show(watcher: Watcher, userIds: string[]): Promise<void> {
    // It may have ended while it was read what to show; nothing would take it off again.
    if (this.#open.get(watcher.userId)?.has(watcher) !== true) return;
    for (const userId of userIds) {
      watcher.watching.add(userId);
      getOrMake(this.#watchers, userId).add(watcher);
    }
    const accounts = await this.#parts.accounts.byIds(userIds);
    for (const account of accounts) {
      if (!watcher.watching.has(account.id)) continue;
      this.#parts.names.remember(account.id, account.username);
      const person = this.#people.get(account.id);
      const status = person === undefined ? 'offline' : person.announced;
      const lastSeen =
        person === undefined
          ? (this.#seen.get(account.id) ?? account.lastSeen)
          : (this.#lastSeen(status, person) ?? account.lastSeen);
      watcher.send(this.#parts.encode(update(account.username, status, lastSeen)));
    }
  }

  #unwatch(watcher: Watcher, userId: string): void {
    watcher.watching.delete(userId);
    removeFrom(this.#watchers, userId, watcher);
  }
}

const present = (person: Person) => person.connections > 0 || person.leaving !== null;

const update = (username: string, status: Status, lastSeen: number | null): EventOf<'PRESENCE_UPDATE'> => ({
  type: 'PRESENCE_UPDATE',
  username,
  status,
  lastSeen,
});

function getOrMake<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}

function removeFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set === undefined) return;
  set.delete(value);
  if (set.size === 0) map.delete(key);
}
