import { LIMITS, type InboxGroup, type ServerEvent } from '@parley/protocol';
import type { Appended, Entry } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import type { EntryHint, Lost, Relay } from '../ports/relay.js';
import type { Heard } from './heard.js';
import { entryEvent, peopleOf, welcomeEvent, type Place } from './entry-event.js';
import type { Hub, Recipient } from './hub.js';
import { Missed } from './missed.js';
import type { Names } from './names.js';
import type { Offline } from './offline.js';
import type { Room, Rosters } from './rosters.js';
import { newGroupView } from './views.js';

/** How often, and after what wait, the reads that a delivery needs are tried again. */
const TRIES = 10;
const RETRY_MS = 200;
const NOBODY: readonly string[] = [];

/** Turns an event into the bytes of one frame, once per fan-out (R13). */
export type Encode = (event: ServerEvent) => Uint8Array;

export interface DeliveryParts {
  hub: Hub;
  /** The way to connections of other servers; null: this server is alone. */
  relay: Relay | null;
  /** What came to this server; null: this server is alone. */
  heard: Heard | null;
  rosters: Rosters;
  names: Names;
  offline: Offline;
  meter: Meter;
  runtime: Runtime;
  /** Told of a delivery that could not be made; the log has the entries. */
  onError: (error: unknown) => void;
  encode: Encode;
}

/**
 * Gets what was appended to everybody concerned: their connections here, or their offline rows.
 *
 * Entries of one conversation go out in the order in which they were committed (D2): at once while who is concerned is
 * known here, else behind the read of the roster, and whatever comes later waits behind that.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  /** Whom the relay could not reach. */
  readonly #missed: Missed | null;
  /** Conversations whose roster or names are being read: what comes next waits its turn. */
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    const { relay, runtime, encode } = parts;
    this.#missed = relay && new Missed({ relay, runtime, encode });
  }

  /**
   * Delivers entries to all members but the connection they came from, which learns of them by its reply.
   * Gives a promise only if it could not be done at once. It never rejects: what is committed is answered (R1).
   */
  deliver(appended: Appended, origin?: Recipient): void | Promise<void> {
    const conversationId = appended.entries[0]?.conversationId;
    if (appended.repeated || conversationId === undefined) return;
    const before = this.#waiting.get(conversationId);
    if (before === undefined && this.#tryNow(conversationId, appended, origin)) return;

    const turn = (before ?? Promise.resolve()).then(() =>
      this.#later(conversationId, appended, origin).catch(this.#parts.onError),
    );
    this.#waiting.set(conversationId, turn);
    void turn.then(() => {
      if (this.#waiting.get(conversationId) === turn) this.#waiting.delete(conversationId);
    });
    return turn;
  }

  /**
   * Gives entries that did not come from their server to the connections here, after whatever is under way (R9).
   * `bornAt`: when the group was made, if some may be of then; of those each member gets their own.
   */
  async heal(conversationId: string, entries: readonly Entry[], bornAt: number | null): Promise<void> {
    const { rosters, names, heard, hub, encode } = this.#parts;
    await this.#waiting.get(conversationId);
    const room = await rosters.get(conversationId);
    if (room === null) return;
    const place = placeOf(room);
    await names.learn(entries.flatMap((entry) => peopleOf(entry, place)));
    for (const entry of entries) {
      if (heard?.add(conversationId, entry.seq, entry.createdAt) === false) continue;
      if (isIntroduction(entry, bornAt))
        hub.send(entry.detail?.userId ?? entry.senderId, encode(entryEvent(entry, place, names, true)));
      else this.#fanOutHere(room, place, entry, undefined);
    }
  }

  /** Who may write here has changed without an entry, as by a block: nobody goes on with what they knew. */
  forgetMembers(conversationId: string): void {
    this.#parts.rosters.forget(conversationId);
    this.#parts.relay?.notify({ kind: 'members_changed', conversationId });
  }

  /** Sends one event to every connection of these users, but `except`. */
  toUsers(userIds: readonly string[], event: ServerEvent, except?: Recipient): void {
    const { hub, encode } = this.#parts;
    const frame = encode(event);
    for (const userId of userIds) hub.send(userId, frame, except);
    this.#forward(frame, userIds);
  }

  /** Like `toUsers`, for what may be dropped: whom it does not reach is asked to read the inbox again. */
  toUsersEphemeral(userIds: readonly string[], event: ServerEvent): void {
    this.#ephemeral(userIds, event, this.#didNotReach);
  }

  /** Like `toUsersEphemeral`, for what is over in a moment: whom it does not reach need never know. */
  toUsersFleeting(userIds: readonly string[], event: ServerEvent): void {
    this.#ephemeral(userIds, event);
  }

  #tryNow(conversationId: string, appended: Appended, origin: Recipient | undefined): boolean {
    const { rosters, names } = this.#parts;
    const room = roomFor(rosters, conversationId, appended);
    if (room === undefined) return false;
    const place = placeOf(room);
    for (const entry of appended.entries) {
      for (const userId of peopleOf(entry, place)) if (names.known(userId) === undefined) return false;
    }
    this.#fanOut(room, appended, origin);
    return true;
  }

  async #later(conversationId: string, appended: Appended, origin: Recipient | undefined): Promise<void> {
    const room = await this.#again(() => this.#known(conversationId, appended));
    if (room === null) return;
    this.#fanOut(room, appended, origin);
  }

  /** The room, with everybody's name. */
  async #known(conversationId: string, appended: Appended): Promise<Room | null> {
    const { rosters, names } = this.#parts;
    const room = roomFor(rosters, conversationId, appended) ?? (await rosters.get(conversationId, appended.membersVersion));
    if (room === null) return null;
    const place = placeOf(room);
    await names.learn(appended.entries.flatMap((entry) => peopleOf(entry, place)));
    return room;
  }

  /** A store that is busy now may answer soon, and nothing else would tell these people. */
  async #again<T>(read: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await read();
      } catch (error) {
        if (tries === TRIES) throw error;
        await new Promise<void>((resolve) => void this.#parts.runtime.after(RETRY_MS, resolve));
      }
    }
  }

  #fanOut(room: Room, appended: Appended, origin: Recipient | undefined): void {
    this.#parts.rosters.follow(room, appended);
    const current = placeOf(room);
    const { relay, heard, offline } = this.#parts;
    const isNewGroup = appended.entries[0]?.kind === 'created';
    for (const entry of appended.entries) {
      heard?.add(room.id, entry.seq, entry.createdAt);
      if (isNewGroup) {
        this.#introduce(room, current, entry, newGroupView(entry, appended), origin);
        continue;
      }
      const { frame, absent } = this.#fanOutHere(room, current, entry, origin);
      if (relay !== null) this.#fanOutElsewhere(relay, room, current, entry, frame, absent);
      else if (absent.length > 0) offline.note(room.id, absent, entry.seq);
    }
    if (relay !== null && appended.entries.some(changesMembers)) {
      relay.notify({ kind: 'members_changed', conversationId: room.id });
    }
  }

  /**
   * Of the first entries of a group each member gets one, their own, with the group as it is after all of them: every
   * entry to every member would be the square of their number.
   */
  #introduce(room: Room, place: Place, entry: Entry, group: InboxGroup, origin: Recipient | undefined): void {
    const { hub, relay, names, encode, meter } = this.#parts;
    const userId = entry.detail?.userId ?? entry.senderId;
    if (relay === null && !hub.hasOther(userId, origin)) return;
    const frame = encode(welcomeEvent(entry, place, names, group));
    meter.count('entries_delivered', hub.send(userId, frame, origin));
    relay?.forward(hintOf(room, entry, frame, () => frame, [userId])).catch(this.#hintLost);
  }

  /** Gives its frame, and the members who have no connection here and are owed the message (R12). */
  #fanOutHere(
    room: Room,
    place: Place,
    entry: Entry,
    origin: Recipient | undefined,
  ): { frame: Uint8Array; absent: readonly string[] } {
    const { hub, names, encode, meter } = this.#parts;
    const frame = encode(entryEvent(entry, place, names, false));
    const noteAbsent = entry.kind === 'message' && room.members.size <= LIMITS.receiptsPushedUpToMembers;
    let absent: string[] | undefined;
    let delivered = 0;
    for (const [userId, member] of noteAbsent ? room.members : hub.here(room.members)) {
      if (member.joinedSeq > entry.seq) continue;
      if (userId === entry.senderId) {
        delivered += this.#toOwnDevices(place, entry, origin);
        continue;
      }
      const sent = hub.send(userId, frame);
      delivered += sent;
      if (sent === 0 && noteAbsent) (absent ??= []).push(userId);
    }
    // Whoever is taken out by this entry still learns of it, and of nothing after (D7).
    const out = outgoing(entry);
    if (out !== undefined && !room.members.has(out)) delivered += hub.send(out, frame, origin);
    meter.count('entries_delivered', delivered);
    return { frame, absent: absent ?? NOBODY };
  }

  /** The way to the other servers may be cut: then everybody who is not here counts as absent, which an ACK undoes. */
  #fanOutElsewhere(relay: Relay, room: Room, place: Place, entry: Entry, frame: Uint8Array, absentHere: readonly string[]): void {
    const { names, encode, offline, onError } = this.#parts;
    const isSmall = room.members.size <= LIMITS.receiptsPushedUpToMembers;
    const ownFrame = () => encode(entryEvent(entry, place, names, true));
    const hint = hintOf(room, entry, frame, ownFrame, isSmall ? membersAt(room, entry) : null);
    const out = outgoing(entry);
    if (out !== undefined && !room.members.has(out)) this.#forward(frame, [out]);
    relay
      .forward(hint)
      .catch(() => {
        this.#hintLost();
        return absentHere;
      })
      .then((nowhereElse) => {
        const isNowhereElse = new Set(nowhereElse);
        const absent = absentHere.filter((userId) => isNowhereElse.has(userId));
        if (absent.length > 0) offline.note(room.id, absent, entry.seq);
      })
      .catch(onError);
  }

  #ephemeral(userIds: readonly string[], event: ServerEvent, lost?: Lost): void {
    const { hub, relay, encode } = this.#parts;
    const frame = encode(event);
    for (const userId of userIds) hub.sendEphemeral(userId, frame);
    relay?.ephemeral(userIds, frame, lost);
  }

  #forward(frame: Uint8Array, userIds: readonly string[]): void {
    this.#parts.relay?.forward({ kind: 'event', frame, userIds }).catch(() => {
      this.#hintLost();
      this.#didNotReach(userIds);
    });
  }

  readonly #didNotReach: Lost = (userIds) => this.#missed?.add(userIds);

  /** The way to the others is cut: they find it in the log (R9). */
  readonly #hintLost = () => this.#parts.meter.count('hints_lost');

  /** The sender's other devices also see the client id (R24). Mostly there are none, and then nothing is encoded. */
  #toOwnDevices(place: Place, entry: Entry, origin: Recipient | undefined): number {
    const { hub, names, encode } = this.#parts;
    if (!hub.hasOther(entry.senderId, origin)) return 0;
    return hub.send(entry.senderId, encode(entryEvent(entry, place, names, true)), origin);
  }
}

/** The room before these entries, or already with them; not one that has missed something. */
function roomFor(rosters: Rosters, conversationId: string, appended: Appended): Room | undefined {
  const changes = appended.entries.some(changesMembers);
  return rosters.cached(conversationId, changes ? appended.membersVersion - 1 : appended.membersVersion);
}

const isIntroduction = ({ kind, createdAt }: Entry, bornAt: number | null) =>
  createdAt === bornAt && (kind === 'created' || kind === 'added');

const changesMembers = (entry: Entry) => entry.detail?.userId !== undefined || entry.kind === 'closed';

function hintOf(
  room: Room,
  entry: Entry,
  frame: Uint8Array,
  ownFrame: () => Uint8Array,
  userIds: readonly string[] | null,
): EntryHint {
  const { seq, createdAt, senderId } = entry;
  const { id: conversationId, membersVersion } = room;
  return { kind: 'entry', conversationId, seq, createdAt, membersVersion, senderId, frame, ownFrame, userIds };
}

/** Those for whom the entry is. */
function membersAt(room: Room, entry: Entry): string[] {
  return [...room.members].filter(([, member]) => member.joinedSeq <= entry.seq).map(([userId]) => userId);
}

function placeOf(room: Room): Place {
  if (room.kind === 'group') return { kind: 'group', groupId: room.id, name: room.name };
  const [a, b] = room.members.keys();
  if (a === undefined || b === undefined) throw new Error(`direct chat ${room.id} has not two members`);
  return { kind: 'direct', chatId: room.id, userIds: [a, b] };
}

/** Whom the entry takes out of the conversation. */
function outgoing(entry: Entry): string | undefined {
  return entry.kind === 'left' || entry.kind === 'removed' ? entry.detail?.userId : undefined;
}
