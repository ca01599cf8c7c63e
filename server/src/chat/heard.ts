import type { Runtime } from '../ports/runtime.js';

/** Duplicates of older entries are told apart by the devices (R5). */
const REMEMBERED_MS = 60_000;

/** Seqs `from` to `to`, both included. */
type Run = { from: number; to: number };

/**
 * Which entries were handed to the connections of this server lately, by whatever way: an entry that comes again is
 * dropped (R13), one that should have come is missed (R9). In two halves, of which the older one is dropped each minute.
 */
export class Heard {
  #now = new Map<string, Run[]>();
  #before = new Map<string, Run[]>();

  constructor(runtime: Runtime) {
    runtime.every(REMEMBERED_MS, () => {
      this.#before = this.#now;
      this.#now = new Map();
    });
  }

  /** False: it was there already. */
  add(conversationId: string, seq: number): boolean {
    if (this.has(conversationId, seq)) return false;
    const runs = this.#now.get(conversationId);
    const last = runs?.at(-1);
    if (runs === undefined) this.#now.set(conversationId, [{ from: seq, to: seq }]);
    else if (last?.to === seq - 1) last.to = seq;
    else runs.push({ from: seq, to: seq });
    return true;
  }

  has(conversationId: string, seq: number): boolean {
    return isIn(this.#now.get(conversationId), seq) || isIn(this.#before.get(conversationId), seq);
  }

  /** The lowest and the highest seq of the range that did not come; null: all came. */
  missing(conversationId: string, { from, to }: Run): Run | null {
    let lowest = from;
    while (lowest <= to && this.has(conversationId, lowest)) lowest += 1;
    let highest = to;
    while (highest > lowest && this.has(conversationId, highest)) highest -= 1;
    return lowest > to ? null : { from: lowest, to: highest };
  }
}

function isIn(runs: Run[] | undefined, seq: number): boolean {
  return runs !== undefined && runs.some(({ from, to }) => from <= seq && seq <= to);
}
