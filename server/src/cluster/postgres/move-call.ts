import type { CursorMove, Cursors, Entry } from '../../ports/log.js';
import { cursorsOf, joinedOf, type MovedRow } from '../../sql/appended.js';
import { Call, type Lookups, type Outcome } from './call.js';

type Look = readonly [verdict: 'look', readBefore: number, readTo: number, lastSeq: number];

export const moveKey = (conversationId: string, userId: string) => `${conversationId} ${userId}`;

/** A member's cursors on their way. */
export class MoveCall extends Call<Cursors | null> {
  readonly key: string;
  readonly #userId: string;
  #delivered: number;
  #read: number;
  /** An attempt before may have moved them already. */
  #isDoubtful = false;
  /** Messages of one side of the read cursor, counted through the archive. */
  #counted: { lo: number; hi: number; mm: number; oo: number } | null = null;

  constructor({ conversationId, userId, delivered, read }: CursorMove, acceptedAt: number) {
    super(conversationId, { chars: 0, entryCount: 0 }, acceptedAt);
    this.key = moveKey(conversationId, userId);
    this.#userId = userId;
    this.#delivered = delivered;
    this.#read = read ?? -1;
  }

  /** Moves that wait together are one, to the highest. */
  async join({ delivered, read }: CursorMove): Promise<Cursors | null> {
    this.#delivered = Math.max(this.#delivered, delivered);
    this.#read = Math.max(this.#read, read ?? -1);
    return joinedOf(await this.done);
  }

  /** Nobody knows what became of the attempt: whatever the next one says, they may have moved. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  row(i: number): object {
    return { i, c: this.conversationId, u: this.#userId, d: this.#delivered, r: this.#read, ...this.#counted };
  }

  entriesOf(): Entry[] {
    return [];
  }

  /** Counts the shorter side of where the read cursor goes. */
  override async look(lookups: Lookups, outcome: Outcome): Promise<void> {
    const [, readBefore, readTo, lastSeq] = outcome as unknown as Look;
    const [lo, hi] = readTo - readBefore < lastSeq - readTo ? [readBefore, readTo] : [readTo, lastSeq];
    const { messages, own } = await lookups.messagesBetween(this.conversationId, lo, hi, this.#userId);
    this.#counted = { lo, hi, mm: messages, oo: own };
  }

  protected resultOf(outcome: readonly unknown[] | null): Cursors | null {
    const cursors = outcome && cursorsOf(outcome as MovedRow);
    return cursors !== null && this.#isDoubtful ? { ...cursors, moved: true, deliveredBefore: 0, readBefore: 0 } : cursors;
  }
}
