import { LIMITS, Refusal, type EventOf } from '@parley/protocol';
import type { Cursors, LogStore } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import { Authors } from './authors.js';
import type { Caller } from './caller.js';
import type { Delivery } from './delivery.js';
import { idOf, type Named } from './door.js';
import type { Recipient } from './hub.js';
import type { Names } from './names.js';
import type { Offline } from './offline.js';
import { refusalFrom } from './refused.js';
import type { Room, Rosters } from './rosters.js';

/** How long receipts of one group are gathered, so that a hundred readers of one message are one frame to its author. */
const GATHER_MS = 250;

type ReceiptEvent = EventOf<'RECEIPT'>;
type ReceiptOf = ReceiptEvent['receipts'][number];

export interface ReceiptsParts {
  log: LogStore;
  rosters: Rosters;
  names: Names;
  delivery: Delivery;
  offline: Offline;
  runtime: Runtime;
}

/** How far people have received and read. Cursors move only forward, and are told only after their commit (R20). */
export class Receipts {
  readonly #parts: ReceiptsParts;
  readonly #authors: Authors;
  /** Group id → author → reader → the newest receipt of that reader. */
  readonly #gathered = new Map<string, Map<string, Map<string, ReceiptOf>>>();

  constructor(parts: ReceiptsParts) {
    this.#parts = parts;
    this.#authors = new Authors(parts.log, parts.rosters);
  }

  /** This user has received everything up to `upTo`. */
  ack(caller: Caller, named: Named & { upTo: number }, origin?: Recipient): Promise<void> {
    return this.#move(caller, named, { delivered: named.upTo }, origin);
  }

  /** This user has read, and so received, everything up to `upTo`. */
  read(caller: Caller, named: Named & { upTo: number }, origin?: Recipient): Promise<void> {
    return this.#move(caller, named, { delivered: named.upTo, read: named.upTo }, origin);
  }

  async #move(
    caller: Caller,
    named: Named,
    to: { delivered: number; read?: number },
    origin: Recipient | undefined,
  ): Promise<void> {
    const { id, kind, field } = idOf(named);
    const room = this.#parts.rosters.cached(id) ?? (await this.#parts.rosters.get(id));
    if (room === null || room.kind !== kind) throw new Refusal('not_member', undefined, { field });
    const cursors = await this.#commit(caller, id, to);
    if (cursors === null) throw new Refusal('not_member', undefined, { field });
    if (!cursors.moved) return;
    this.#parts.offline.received(caller.userId, id);
    // Moves that came together are one, told once: then this connection may not know how far it went.
    const isAsAsked = cursors.delivered === to.delivered && cursors.read === (to.read ?? cursors.readBefore);
    this.#tell(caller, room, cursors, isAsAsked ? origin : undefined);
  }

  async #commit(caller: Caller, conversationId: string, to: { delivered: number; read?: number }): Promise<Cursors | null> {
    try {
      return await this.#parts.log.moveCursor({ conversationId, userId: caller.userId, ...to });
    } catch (error) {
      throw refusalFrom(error);
    }
  }

  #tell(caller: Caller, room: Room, cursors: Cursors, origin: Recipient | undefined): void {
    const { delivery, names } = this.#parts;
    const { delivered, read, unread } = cursors;
    const receipt = { username: names.known(caller.userId) ?? caller.username, delivered, read };
    delivery.toUsers([caller.userId], { type: 'RECEIPT', ...where(room), receipts: [{ ...receipt, unread }] }, origin);
    if (room.kind === 'direct') {
      const others = [...room.members.keys()].filter((userId) => userId !== caller.userId);
      if (!room.blocked) delivery.toUsersEphemeral(others, { type: 'RECEIPT', ...where(room), receipts: [receipt] });
    } else if (room.members.size <= LIMITS.receiptsPushedUpToMembers) {
      const authors = this.#authors.passed(room, cursors);
      if (authors instanceof Set) this.#tellAuthors(room, authors, caller.userId, receipt);
      else {
        authors.then(
          (found) => this.#tellAuthors(room, found, caller.userId, receipt),
          // A store that is busy: receipts about others may be dropped, and the member list has them.
          () => undefined,
        );
      }
    }
  }

  #tellAuthors(room: Room, authors: Set<string>, readerId: string, receipt: ReceiptOf): void {
    for (const author of authors) {
      if (author !== readerId && room.members.has(author)) this.#gather(room, author, readerId, receipt);
    }
  }

  #gather(room: Room, author: string, readerId: string, receipt: ReceiptOf): void {
    let authors = this.#gathered.get(room.id);
    if (authors === undefined) {
      authors = new Map();
      this.#gathered.set(room.id, authors);
      this.#parts.runtime.after(GATHER_MS, () => this.#flush(room));
    }
    let readers = authors.get(author);
    if (readers === undefined) authors.set(author, (readers = new Map<string, ReceiptOf>()));
    readers.set(readerId, receipt);
  }

  #flush(room: Room): void {
    const authors = this.#gathered.get(room.id);
    this.#gathered.delete(room.id);
    for (const [author, readers] of authors ?? []) {
      this.#parts.delivery.toUsersEphemeral([author], { type: 'RECEIPT', ...where(room), receipts: [...readers.values()] });
    }
  }
}

const where = (room: Room) => (room.kind === 'direct' ? { chatId: room.id } : { groupId: room.id });
