import { fresher, revised, type Entry, type Message, type Revision } from './entries.js';
import { lowerBound } from './lower-bound.js';
import { Ranges } from './ranges.js';

/** Edits and deletions are remembered for messages that come after them, for as many as this. */
const REVISIONS_MAX = 1_000;

/** The newest edit and the deletion of one message, as far as they are known. */
interface Revisions {
  readonly edit: Revision | null;
  readonly deletion: Revision | null;
}

/**
 * The part of one conversation's log that this device holds: entries sorted by seq at every moment, each message id
 * once, and the ranges of seqs that are known to be complete. No I/O.
 */
export class LocalLog {
  readonly covered = new Ranges();
  readonly #entries: Entry[] = [];
  readonly #ids = new Map<string, number>();
  readonly #revisions = new Map<string, Revisions>();
  #changes = 0;

  /** Grows with every change of entries, and of what is known to be complete. */
  get version(): number {
    return this.#changes + this.covered.version;
  }

  /** Sorted by seq. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Puts an entry in its place. False: it is there already (a message still takes what is fresher). */
  insert(entry: Entry): boolean {
    const heldSeq = this.#ids.get(entry.id);
    if (heldSeq !== undefined) {
      if (entry.kind === 'message') this.#replace(entry.id, heldSeq, (held) => this.#folded(fresher(held, entry)));
      return false;
    }
    this.#changes += 1;
    if (entry.kind === 'revision') this.#revise(entry);
    this.#entries.splice(this.#placeFor(entry), 0, entry.kind === 'message' ? this.#folded(entry) : entry);
    this.#ids.set(entry.id, entry.seq);
    this.covered.add(entry.seq, entry.seq);
    return true;
  }

  message(id: string): Message | null {
    const seq = this.#ids.get(id);
    const entry = seq === undefined ? undefined : this.#entries[this.#indexOf(id, seq)];
    return entry?.kind === 'message' ? entry : null;
  }

  /** The message at a seq; null if there is none here. */
  messageAt(seq: number): Message | null {
    const entry = this.#entries[this.indexAfter(seq - 1)];
    return entry?.kind === 'message' && entry.seq === seq ? entry : null;
  }

  /** Entries with `after < seq ≤ upTo`, oldest first. */
  between(after: number, upTo: number): readonly Entry[] {
    return this.#entries.slice(this.indexAfter(after), this.indexAfter(upTo));
  }

  /** The index of the first entry above `seq`. */
  indexAfter(seq: number): number {
    return lowerBound(this.#entries, (entry) => entry.seq <= seq);
  }

  /** Drops the oldest entries but `keep`; gives the highest seq that is no longer held, or null. */
  trim(keep: number): number | null {
    const excess = this.#entries.length - keep;
    if (excess <= 0) return null;
    this.#changes += 1;
    let cut = 0;
    for (const { id, seq } of this.#entries.splice(0, excess)) {
      this.#ids.delete(id);
      cut = seq;
    }
    this.covered.removeBelow(cut + 1);
    return cut;
  }

  #revise(revision: Revision): void {
    const { id } = revision.target;
    const known = this.#revisions.get(id) ?? { edit: null, deletion: null };
    if (revision.content !== null && known.edit !== null && known.edit.seq > revision.seq) return;
    this.#revisions.set(id, revision.content === null ? { ...known, deletion: revision } : { ...known, edit: revision });
    const seq = this.#ids.get(id);
    if (seq !== undefined) this.#replace(id, seq, (held) => revised(held, revision));
    if (this.#revisions.size > REVISIONS_MAX) this.#forgetOldestRevision();
  }

  #forgetOldestRevision(): void {
    for (const oldest of this.#revisions.keys()) {
      this.#revisions.delete(oldest);
      return;
    }
  }

  // A page may have been read before an edit that came live before the page did.
  #folded(message: Message): Message {
    const { edit, deletion } = this.#revisions.get(message.id) ?? {};
    return [edit, deletion].reduce<Message>((folded, revision) => (revision ? revised(folded, revision) : folded), message);
  }

  #replace(id: string, seq: number, change: (held: Message) => Message): void {
    const index = this.#indexOf(id, seq);
    const held = this.#entries[index];
    if (held?.kind !== 'message') return;
    const changed = change(held);
    if (changed === held) return;
    this.#entries[index] = changed;
    this.#changes += 1;
  }

  #placeFor(entry: Entry): number {
    const last = this.#entries.at(-1);
    if (last === undefined || last.seq < entry.seq) return this.#entries.length;
    return lowerBound(this.#entries, (held) => held.seq < entry.seq || (held.seq === entry.seq && held.id < entry.id));
  }

  #indexOf(id: string, seq: number): number {
    let index = this.indexAfter(seq - 1);
    while (this.#entries[index]?.seq === seq && this.#entries[index]?.id !== id) index += 1;
    return index;
  }
}
