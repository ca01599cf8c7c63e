import { LIMITS } from '@parley/protocol';
import type { Cursors, LogStore } from '../ports/log.js';
import type { Room, Rosters, Sender } from './rosters.js';

/** How many of the entries that cursors passed are looked at: the newest of them. */
const PASSED_MAX_ENTRIES = 128;

/**
 * Who wrote what somebody's cursors passed: as the room remembers it, else as the log has it. One page is read at most,
 * and one for all who pass the same entries at a time; what it tells is remembered.
 */
export class Authors {
  readonly #log: Pick<LogStore, 'page'>;
  readonly #rosters: Pick<Rosters, 'remember'>;
  readonly #reading = new Map<string, Promise<Sender[]>>();

  constructor(log: Pick<LogStore, 'page'>, rosters: Pick<Rosters, 'remember'>) {
    this.#log = log;
    this.#rosters = rosters;
  }

  /** Gives a promise only if the log has to be asked. */
  passed(room: Room, cursors: Cursors): Set<string> | Promise<Set<string>> {
    const upTo = Math.max(cursors.delivered, cursors.read);
    const after = Math.max(Math.min(cursors.deliveredBefore, cursors.readBefore), upTo - PASSED_MAX_ENTRIES);
    if (isKnown(room.recent, after, upTo)) return authorsIn(room.recent, cursors);
    return this.#read(room, upTo).then((senders) => authorsIn(senders, cursors));
  }

  #read(room: Room, upTo: number): Promise<Sender[]> {
    const key = `${room.id} ${upTo}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#readOnce(room, upTo).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #readOnce(room: Room, upTo: number): Promise<Sender[]> {
    const limits = { limit: PASSED_MAX_ENTRIES, maxBytes: LIMITS.replyMaxBytes };
    const { entries } = await this.#log.page({ conversationId: room.id, from: 1, to: upTo, ...limits });
    const senders = entries.map(({ seq, senderId }) => ({ seq, senderId }));
    this.#rosters.remember(room, senders);
    return senders;
  }
}

/** Whether these, in the order of seqs, are every entry with `after < seq ≤ upTo`. */
function isKnown(senders: readonly Sender[], after: number, upTo: number): boolean {
  let missing = upTo - after;
  for (let i = senders.length - 1; i >= 0 && missing > 0; i--) {
    const seq = senders[i]?.seq ?? 0;
    if (seq <= after) return false;
    if (seq <= upTo) missing--;
  }
  return missing === 0;
}

function authorsIn(senders: readonly Sender[], { delivered, read, deliveredBefore, readBefore }: Cursors): Set<string> {
  const authors = new Set<string>();
  for (let i = senders.length - 1; i >= 0; i--) {
    const sender = senders[i];
    if (sender === undefined || sender.seq <= Math.min(deliveredBefore, readBefore)) break;
    const { seq, senderId } = sender;
    if ((seq <= delivered && seq > deliveredBefore) || (seq <= read && seq > readBefore)) authors.add(senderId);
  }
  return authors;
}
