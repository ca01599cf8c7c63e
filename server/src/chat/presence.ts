import { Refusal, type EventOf, type PresenceCommandOf, type Status } from '@parley/protocol';
import type { Account, AccountStore } from '../ports/accounts.js';
import type { ContactStore } from '../ports/conversations.js';
import type { PresenceBoard } from '../ports/presence-board.js';
import type { PresenceNotice, Relay } from '../ports/relay.js';
import type { Runtime, Timer } from '../ports/runtime.js';
import type { Acquaintance } from './chats.js';
import type { Encode } from './delivery.js';
import { LastSeen } from './last-seen.js';
import type { Names } from './names.js';
import { Standings, type Present } from './standings.js';
import { Watchers, type Watcher } from './watchers.js';

/** Changes of one person are gathered this long, so that a flickering network is one change or none. */
const GATHER_MS = 300;
const SNAPSHOT_MAX_FRIENDS = 1_000;
/** After a read that failed. */
const RETRY_MS = 1_000;

export interface PresenceParts {
  accounts: AccountStore;
  contacts: ContactStore;
  names: Names;
  runtime: Runtime;
  encode: Encode;
  /** What the other servers say; null: this server is alone. */
  board: PresenceBoard | null;
  relay: Pick<Relay, 'notify'> | null;
  /** How long after the last connection ended a person still counts as there: reconnecting is not leaving. */
  graceMs: number;
  onError: (error: unknown) => void;
}

/** Somebody with at least one connection, here or elsewhere, or on the way out. */
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
  /** How other servers see the person, as far as somebody here looks; null: not there. */
  elsewhere: Present | null;
}

/**
 * Who is there (P1). A person is online while any of their chat or presence connections answers; ends of connections
 * take `graceMs` to count. Friends hear of it, and those who look; nobody else, and the invisible are offline to all.
 */
export class Presence implements Acquaintance {
  readonly #parts: PresenceParts;
  readonly #people = new Map<string, Person>();
  readonly #watchers = new Watchers();
  readonly #standings: Standings;
  readonly #seen: LastSeen;
  /** People whose account has not been read yet; read together at the end of the tick. */
  #unread: string[] = [];

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#seen = new LastSeen(parts.accounts);
    this.#standings = new Standings({
      board: parts.board,
      runtime: parts.runtime,
      lookedAt: () => this.#watchers.lookedAt(),
      isLookedAt: (userId) => this.#watchers.isLookedAt(userId),
      told: (...news) => this.#toldOfOthers(...news),
      beforeLeaving: () => this.#seen.flush(),
      onError: parts.onError,
    });
  }

  /** A connection of the user, of either kind, is open. */
  connected(userId: string): void {
    let person = this.#people.get(userId);
    if (person === undefined || !isHere(person)) person = this.#arrive(userId);
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
    this.#watchers.open(watcher);
    await this.#untilShown(watcher, async () => {
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
    });
  }

  /** Changes passed the watcher by: tells how everybody stands whom it looks at. */
  showAgain(watcher: Watcher): Promise<void> {
    return this.#untilShown(watcher, () => this.#show(watcher, [...watcher.watching]));
  }

  /** Who became friends, or are no more, may have passed this server by: each watcher's friends are read again. */
  async lookAgain(): Promise<void> {
    for (const watcher of this.#watchers.all()) {
      await this.#untilShown(watcher, async () => {
        const { contacts } = this.#parts;
        const friends = (await contacts.friends(watcher.userId)).slice(0, SNAPSHOT_MAX_FRIENDS).map(({ userId }) => userId);
        const others = [...watcher.watching].filter((userId) => !friends.includes(userId));
        const still = new Set(await contacts.acquainted(watcher.userId, others));
        for (const other of others) if (!still.has(other)) this.#partFrom(watcher, other);
        await this.#show(
          watcher,
          friends.filter((userId) => !watcher.watching.has(userId)),
        );
      });
    }
  }

  close(watcher: Watcher): void {
    this.#watchers.close(watcher);
    for (const userId of [...watcher.watching]) this.#unwatch(watcher, userId);
  }

  /** Looks also at these: people with whom one shares a group. Replaces those looked at before. */
  async watch(watcher: Watcher, command: PresenceCommandOf<'PRESENCE_WATCH'>): Promise<void> {
    const { names, contacts } = this.#parts;
    const ids = await names.idsOf(command.usernames);
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
    this.#tellAll({ kind: 'hidden', userId, invisible, at: this.#parts.runtime.now() });
  }

  befriended(userId: string, otherId: string): void {
    this.#tellAll({ kind: 'befriended', userId, otherId });
  }

  parted(userId: string, otherId: string): void {
    this.#tellAll({ kind: 'parted', userId, otherId });
  }

  /** The user is no longer in a group: looking at each other ends for those who share nothing else now. */
  leftGroup(userId: string): void {
    this.#tellAll({ kind: 'left_group', userId });
  }

  /** Something that decides who sees whom has happened, here or on another server. */
  told(notice: PresenceNotice): void {
    switch (notice.kind) {
      case 'hidden':
        return this.#hide(notice.userId, notice.invisible, notice.at);
      case 'befriended':
        return this.#befriend(notice.userId, notice.otherId);
      case 'parted':
        return this.#part(notice.userId, notice.otherId);
      case 'left_group':
        return void this.#leaveGroup(notice.userId).catch(this.#parts.onError);
    }
  }

  /** This server goes on under another id, under which nothing is on the board yet. */
  putAllAgain(): void {
    this.#standings.putAllAgain();
  }

  /** The server stops: whoever is here was last seen now. */
  async stop(): Promise<void> {
    this.noteHere();
    this.#standings.takeAllOff();
    await this.flush();
  }

  /** Whoever is here has been seen now: said now and then, it is not far off when the process is killed. */
  noteHere(): void {
    const now = this.#parts.runtime.now();
    for (const [userId, person] of this.#people) if (isHere(person) && !person.invisible) this.#seen.note(userId, now);
  }

  /** Writes down when those who left were last seen. Called now and then, and before the end. */
  flush(): Promise<void> {
    return this.#seen.flush();
  }

  #tellAll(notice: PresenceNotice): void {
    this.told(notice);
    this.#parts.relay?.notify(notice);
  }

  #hide(userId: string, invisible: boolean, at: number): void {
    const person = this.#people.get(userId);
    if (person === undefined) return;
    person.isKnown = true;
    if (person.invisible === invisible) return;
    if (invisible) this.#saw(userId, person, at);
    person.invisible = invisible;
    this.#announceSoon(userId, person);
  }

  #befriend(userId: string, friendId: string): void {
    for (const [one, other] of [
      [userId, friendId],
      [friendId, userId],
    ] as const) {
      for (const watcher of this.#watchers.of(one)) this.#showFriend(watcher, other);
    }
  }

  #part(userId: string, friendId: string): void {
    for (const [one, other] of [
      [userId, friendId],
      [friendId, userId],
    ] as const) {
      for (const watcher of this.#watchers.of(one)) {
        this.#partFrom(watcher, other);
        this.#showFriend(watcher, other);
      }
    }
  }

  /** Word of two servers comes in any order: whether they are friends now, the store knows. */
  #showFriend(watcher: Watcher, other: string): void {
    void this.#untilShown(watcher, async () => {
      const friends = await this.#parts.contacts.friends(watcher.userId);
      if (friends.some(({ userId }) => userId === other)) await this.#show(watcher, [other]);
      else if (!(await this.#parts.contacts.acquainted(watcher.userId, [other])).includes(other)) this.#partFrom(watcher, other);
    });
  }

  #partFrom(watcher: Watcher, other: string): void {
    if (!watcher.watching.has(other)) return;
    this.#unwatch(watcher, other);
    watcher.sendEphemeral(this.#parts.encode(update(this.#parts.names.of(other), 'offline', null)));
  }

  async #leaveGroup(userId: string): Promise<void> {
    const others = this.#watchers.around(userId);
    if (others.size === 0) return;
    const still = new Set(await this.#parts.contacts.acquainted(userId, [...others]));
    for (const other of others) if (!still.has(other)) this.#part(userId, other);
  }

  #arrive(userId: string): Person {
    const person = this.#people.get(userId) ?? this.#add(userId);
    if (this.#unread.length === 0) this.#parts.runtime.soon(() => void this.#readAccounts());
    this.#unread.push(userId);
    return person;
  }

  #add(userId: string): Person {
    const person: Person = {
      connections: 0,
      invisible: true,
      isKnown: false,
      lastSeen: null,
      leaving: null,
      announced: 'offline',
      announcing: false,
      elsewhere: null,
    };
    this.#people.set(userId, person);
    return person;
  }

  async #readAccounts(): Promise<void> {
    const userIds = this.#unread;
    this.#unread = [];
    let accounts: Account[];
    try {
      accounts = await this.#parts.accounts.byIds(userIds);
    } catch (error) {
      // Until it is known whether they want to be seen they are not: so this is not left as it is.
      this.#parts.onError(error);
      const isFirst = this.#unread.length === 0;
      this.#unread.push(...userIds.filter((userId) => this.#people.get(userId)?.isKnown === false));
      if (isFirst && this.#unread.length > 0) this.#parts.runtime.after(RETRY_MS, () => void this.#readAccounts());
      return;
    }
    for (const account of accounts) {
      this.#parts.names.remember(account.id, account.username);
      const person = this.#people.get(account.id);
      if (person === undefined) continue;
      if (!person.isKnown) person.invisible = account.invisible;
      person.isKnown = true;
      person.lastSeen ??= account.lastSeen;
      if (isHere(person) && !person.invisible) this.#seen.note(account.id, this.#parts.runtime.now());
      this.#announceSoon(account.id, person);
    }
  }

  #left(userId: string, person: Person): void {
    person.leaving = null;
    if (person.connections > 0) return;
    if (!person.invisible) this.#saw(userId, person);
    this.#announceSoon(userId, person);
  }

  #saw(userId: string, person: Person, at = this.#parts.runtime.now()): void {
    person.lastSeen = at;
    this.#seen.note(userId, at);
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
    this.#standings.put(userId, this.#statusHere(userId, person));
    this.#tell(userId, person);
    if (!isPresent(person) && this.#people.get(userId) === person) this.#people.delete(userId);
  }

  /** Tells whoever looks, but `except`, if there is news. */
  #tell(userId: string, person: Person, except?: Watcher): void {
    const status = this.#status(userId, person);
    if (status === person.announced) return;
    person.announced = status;
    if (!this.#watchers.isLookedAt(userId)) return;
    const frame = this.#parts.encode(update(this.#parts.names.of(userId), status, this.#lastSeen(status, person)));
    for (const watcher of this.#watchers.at(userId)) if (watcher !== except) watcher.sendEphemeral(frame);
  }

  async #toldOfOthers(
    userIds: string[],
    standings: ReadonlyMap<string, Present>,
    died: ReadonlyMap<string, boolean>,
  ): Promise<void> {
    const gone = userIds.filter((userId) => !standings.has(userId) && (this.#people.get(userId)?.elsewhere ?? null) !== null);
    await this.#lastSeenOf(gone, died);
    for (const userId of userIds) this.#standsElsewhere(userId, standings.get(userId) ?? null);
  }

  /** A server writes down who leaves it before it says so; of who was on one that died it is now. */
  async #lastSeenOf(gone: string[], died: ReadonlyMap<string, boolean>): Promise<void> {
    if (gone.length === 0) return;
    for (const { id, lastSeen } of await this.#parts.accounts.byIds(gone)) {
      const person = this.#people.get(id);
      if (person === undefined) continue;
      if (died.get(id) === true) this.#saw(id, person);
      else person.lastSeen = lastSeen;
    }
  }

  #standsElsewhere(userId: string, standing: Present | null): void {
    if (!this.#watchers.isLookedAt(userId)) return;
    const person = this.#people.get(userId) ?? (standing === null ? undefined : this.#add(userId));
    if (person === undefined || person.elsewhere === standing) return;
    person.elsewhere = standing;
    this.#announceSoon(userId, person);
  }

  /** Away is who has presence connections, all of them away; a chat connection alone is online. */
  #statusHere(userId: string, person: Person): Present | null {
    if (person.invisible || !isHere(person)) return null;
    const open = this.#watchers.of(userId);
    return open.length > 0 && open.every((watcher) => watcher.away) ? 'away' : 'online';
  }

  #status(userId: string, person: Person): Status {
    const here = this.#statusHere(userId, person);
    if (here === 'online' || person.elsewhere === 'online') return 'online';
    return here ?? person.elsewhere ?? 'offline';
  }

  #lastSeen(status: Status, person: Person): number | null {
    return status === 'offline' ? person.lastSeen : this.#parts.runtime.now();
  }

  /** While a store is away nothing can be shown: it is tried again for as long as the watcher is there. */
  async #untilShown(watcher: Watcher, show: () => Promise<void>): Promise<void> {
    while (this.#watchers.isOpen(watcher)) {
      try {
        return await show();
      } catch (error) {
        this.#parts.onError(error);
        await new Promise<void>((resolve) => void this.#parts.runtime.after(RETRY_MS, resolve));
      }
    }
  }

  /** Registers first, then reads and tells, so that a change in between is told too. */
  async #show(watcher: Watcher, userIds: string[]): Promise<void> {
    // Whatever is told of them from now on has their names.
    await this.#parts.names.learn(userIds);
    // It may have ended while it was read what to show; nothing would take it off again.
    if (!this.#watchers.isOpen(watcher)) return;
    this.#watchers.look(watcher, userIds);
    const [accounts, standings] = await Promise.all([this.#parts.accounts.byIds(userIds), this.#standings.follow(userIds)]);
    for (const account of accounts) {
      if (!watcher.watching.has(account.id)) continue;
      this.#parts.names.remember(account.id, account.username);
      this.#standsElsewhere(account.id, standings.get(account.id) ?? null);
      const person = this.#people.get(account.id);
      if (person !== undefined && person.elsewhere !== null) this.#tell(account.id, person, watcher);
      const status = person === undefined ? 'offline' : person.announced;
      const lastSeen =
        person === undefined
          ? (this.#seen.of(account.id) ?? account.lastSeen)
          : (this.#lastSeen(status, person) ?? account.lastSeen);
      watcher.send(this.#parts.encode(update(account.username, status, lastSeen)));
    }
  }

  #unwatch(watcher: Watcher, userId: string): void {
    this.#watchers.lookAway(watcher, userId);
    if (this.#watchers.isLookedAt(userId)) return;
    this.#standings.unfollow(userId);
    // Nobody says any more how this person stands elsewhere.
    const person = this.#people.get(userId);
    if (person === undefined) return;
    person.elsewhere = null;
    if (!isPresent(person) && !person.announcing) this.#people.delete(userId);
  }
}

const isHere = (person: Person) => person.connections > 0 || person.leaving !== null;
const isPresent = (person: Person) => isHere(person) || person.elsewhere !== null;

const update = (username: string, status: Status, lastSeen: number | null): EventOf<'PRESENCE_UPDATE'> => ({
  type: 'PRESENCE_UPDATE',
  username,
  status,
  lastSeen,
});
