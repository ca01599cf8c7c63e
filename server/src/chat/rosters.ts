import { LRUCache } from 'lru-cache';
import type { ConversationStore, Roster } from '../ports/conversations.js';
import type { Appended, Entry } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';

const MEMBERS_KEPT = 1_000_000;
const RECENT_SENDERS = 128;

/** Who wrote an entry. */
export interface Sender {
  seq: number;
  senderId: string;
}

/** A roster, and who wrote the newest entries, as far as they passed here: whom a moving cursor concerns. */
export interface Room extends Roster {
  readonly id: string;
  /** By seq, each once. */
  recent: Sender[];
}

/** Who is in which conversation, at which version. Bounded; every change of membership passes through `follow`. */
export class Rosters {
  readonly #store: ConversationStore;
  readonly #meter: Meter;
  readonly #rooms = new LRUCache<string, Room>({ maxSize: MEMBERS_KEPT, sizeCalculation: (room) => room.members.size + 1 });
  readonly #loading = new Map<string, Promise<Room | null>>();

  constructor(store: ConversationStore, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
  }

  /** The room, if it is here at this version or a later one. */
  cached(conversationId: string, membersVersion = 0): Room | undefined {
    const room = this.#rooms.get(conversationId);
    return room !== undefined && room.membersVersion >= membersVersion ? room : undefined;
  }

  /** The room at this version or a later one; null: no such conversation. Reads of one room at a time are one read. */
  async get(conversationId: string, membersVersion = 0): Promise<Room | null> {
    const cached = this.cached(conversationId, membersVersion);
    if (cached !== undefined) {
      this.#meter.count('roster_hits');
      return cached;
    }
    this.#meter.count('roster_misses');
    const underWay = this.#loading.get(conversationId);
    // One under way may have been read before the change that the caller has seen; then it is read again.
    const room = underWay === undefined ? await this.#load(conversationId) : await underWay;
    return room === null || room.membersVersion >= membersVersion ? room : this.#load(conversationId);
  }

  /** An entry of this version was seen: an older room, which missed a change, is forgotten. */
  outdated(conversationId: string, membersVersion: number): void {
    const room = this.#rooms.peek(conversationId);
    if (room !== undefined && room.membersVersion < membersVersion) this.forget(conversationId);
  }

  /** What is here of it, or on the way here, is out of date. */
  forget(conversationId: string): void {
    this.#rooms.delete(conversationId);
    this.#loading.delete(conversationId);
  }

  /** Takes in what was appended, so that the room stays at the log's version. Call in the order of the log. */
  follow(room: Room, appended: Appended): void {
    for (const entry of appended.entries) {
      applyToMembers(room, entry);
      // One that was read from the log meanwhile is there already.
      if (entry.seq > (room.recent.at(-1)?.seq ?? 0)) room.recent.push({ seq: entry.seq, senderId: entry.senderId });
    }
    if (room.recent.length > RECENT_SENDERS * 2) room.recent = room.recent.slice(-RECENT_SENDERS);
    room.membersVersion = Math.max(room.membersVersion, appended.membersVersion);
  }

  /** Takes in who wrote entries that the log was asked for. */
  remember(room: Room, senders: readonly Sender[]): void {
    const known = new Set(room.recent.map(({ seq }) => seq));
    const all = [...room.recent, ...senders.filter(({ seq }) => !known.has(seq))].sort((a, b) => a.seq - b.seq);
    room.recent = all.slice(-RECENT_SENDERS * 2);
  }

  #load(conversationId: string): Promise<Room | null> {
    const loading = this.#store.roster(conversationId).then((roster) => {
      const isCurrent = this.#loading.get(conversationId) === loading;
      if (isCurrent) this.#loading.delete(conversationId);
      if (roster === null) return null;
      const room: Room = { ...roster, id: conversationId, recent: this.#rooms.get(conversationId)?.recent ?? [] };
      if (isCurrent) this.#rooms.set(conversationId, room);
      return room;
    });
    this.#loading.set(conversationId, loading);
    loading.catch(() => this.#loading.delete(conversationId));
    return loading;
  }
}

function applyToMembers(room: Room, entry: Entry): void {
  const userId = entry.detail?.userId;
  switch (entry.kind) {
    case 'joined':
    case 'added':
      if (userId !== undefined) room.members.set(userId, { role: entry.detail?.role ?? 'member', joinedSeq: entry.seq });
      return;
    case 'left':
    case 'removed':
      if (userId !== undefined) room.members.delete(userId);
      return;
    case 'role': {
      const member = userId === undefined ? undefined : room.members.get(userId);
      if (member !== undefined && entry.detail?.role !== undefined) member.role = entry.detail.role;
      return;
    }
    case 'created':
    case 'renamed':
      if (entry.detail?.name !== undefined) room.name = entry.detail.name;
      return;
    case 'settings':
    case 'closed':
    case 'message':
    case 'edit':
    case 'delete':
      return;
  }
}
