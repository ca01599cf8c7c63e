import type { Moved } from '../ports/moved.js';
import type { Runtime } from '../ports/runtime.js';

/** Duplicates of older entries are told apart by the devices (R5). */
const REMEMBERED_MS = 60_000;

/** Seqs `from` to `to`, both included; `at`: when the newest of them was made. */
interface Run {
  from: number;
  to: number;
  at: number;
}

/**
 * Which entries were handed to the connections of this server lately, by whatever way: an entry that comes again is
 * dropped (R13), one that should have come is missed (R9). In two halves, of which the older one is dropped each minute.
 *
 * Times of a log only rise, so a seq that comes with a later time than everything up to it had is not the one that was
 * heard: the log was lost and restored to an older state, and numbers anew (R5). Then nothing that was heard of it counts.
 */
export class Heard {
  #now = new Map<string, Run[]>();
  #before = new Map<string, Run[]>();

  constructor(runtime: Pick<Runtime, 'every'>) {
    runtime.every(REMEMBERED_MS, () => {
      this.#before = this.#now;
      this.#now = new Map();
    });
  }

  /** False: it was there already. */
  add(conversationId: string, seq: number, createdAt: number): boolean {
    if (this.#has(conversationId, seq, createdAt)) return false;
    const runs = this.#now.get(conversationId);
    const last = runs?.at(-1);
    const run = { from: seq, to: seq, at: createdAt };
    if (runs === undefined) this.#now.set(conversationId, [run]);
    else if (last?.to === seq - 1) [last.to, last.at] = [seq, Math.max(last.at, createdAt)];
    else runs.push(run);
    return true;
  }

  /** The lowest and the highest seq of the range that did not come; null: all came. */
  missing({ conversationId, from, to, firstAt }: Moved): { from: number; to: number } | null {
    // The first tells whether what was heard is of this log.
    let lowest = this.#has(conversationId, from, firstAt) ? from + 1 : from;
    while (lowest <= to && this.#runOf(conversationId, lowest) !== undefined) lowest += 1;
    let highest = to;
    while (highest > lowest && this.#runOf(conversationId, highest) !== undefined) highest -= 1;
    return lowest > to ? null : { from: lowest, to: highest };
  }

  #has(conversationId: string, seq: number, createdAt: number): boolean {
    const run = this.#runOf(conversationId, seq);
    if (run === undefined || run.at >= createdAt) return run !== undefined;
    this.#now.delete(conversationId);
    this.#before.delete(conversationId);
    return false;
  }

  #runOf(conversationId: string, seq: number): Run | undefined {
    const isIn = ({ from, to }: Run) => from <= seq && seq <= to;
    return this.#now.get(conversationId)?.find(isIn) ?? this.#before.get(conversationId)?.find(isIn);
  }
}
