import { AppendRefused } from '../../ports/log.js';
import type { Call } from './call.js';
import { ChangeCall, GroupCall } from './change-call.js';
import type { PostgresLimits } from './limits.js';
import { MoveCall } from './move-call.js';
import { SendCall } from './send-call.js';

/** What waits for a lane's next tick, in the order in which it came. */
export class LaneQueue {
  readonly #limits: PostgresLimits;
  #calls: Call[] = [];
  #chars = 0;
  readonly #moves = new Map<string, MoveCall>();
  /** Conversations of which something is being looked up: what comes after it waits for it. */
  readonly #held = new Set<string>();

  constructor(limits: PostgresLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#calls.length;
  }

  hasRoomFor(chars: number): boolean {
    return this.#calls.length < this.#limits.waitingMaxCalls && this.#chars + chars <= this.#limits.waitingMaxChars;
  }

  /** A member's move that waits, for another one to join. */
  move(key: string): MoveCall | undefined {
    return this.#moves.get(key);
  }

  add(call: Call): void {
    this.#calls.push(call);
    this.#chars += call.chars;
    if (call instanceof MoveCall) this.#moves.set(call.key, call);
  }

  /** Puts calls first in line: what was taken, and is to be tried again. */
  putBack(calls: Call[]): void {
    this.#calls = [...calls, ...this.#calls];
    for (const call of calls) this.#chars += call.chars;
  }

  hold(conversationId: string): void {
    this.#held.add(conversationId);
  }

  release(conversationId: string): void {
    this.#held.delete(conversationId);
  }

  /**
   * The next batch. A tick appends messages first, then changes, then moves cursors; so of each conversation a batch has
   * messages and then one change at most, whose order is then as it came. A send with the client id of an earlier one is
   * joined with it if it says the same, and waits for its outcome if it does not (R3). What has waited too long is
   * refused, and with it what came after it to its conversation (R4, R7).
   */
  take(now: number): Call[] {
    const batch = new Batch(this.#limits, this.#held);
    const rest: Call[] = [];
    const late = new Set<string>();
    let index = 0;
    for (; index < this.#calls.length && !batch.isFull; index++) {
      const call = this.#calls[index] as Call;
      if (now - call.acceptedAt > this.#limits.waitingMaxMs) late.add(call.conversationId);
      if (late.has(call.conversationId)) {
        this.#leave(call);
        call.fail(new AppendRefused('overloaded'));
      } else if (batch.take(call)) this.#leave(call);
      else rest.push(call);
    }
    this.#calls = rest.concat(this.#calls.slice(index));
    return batch.calls;
  }

  /** Takes everything. */
  empty(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    this.#chars = 0;
    this.#moves.clear();
    return calls;
  }

  #leave(call: Call): void {
    this.#chars -= call.chars;
    if (call instanceof MoveCall && this.#moves.get(call.key) === call) this.#moves.delete(call.key);
  }
}

class Batch {
  readonly calls: Call[] = [];
  readonly #limits: PostgresLimits;
  /** Conversations of which nothing more is appended in this batch. */
  readonly #closed: Set<string>;
  readonly #sends = new Map<string, SendCall>();
  readonly #moves = new Set<string>();
  #chars = 0;

  constructor(limits: PostgresLimits, held: Set<string>) {
    this.#limits = limits;
    this.#closed = new Set(held);
  }

  get isFull(): boolean {
    return this.calls.length >= this.#limits.batchMaxCalls || this.#chars >= this.#limits.batchMaxChars;
  }

  /** False: it has to wait for a later one. */
  take(call: Call): boolean {
    if (this.calls.length > 0 && this.#chars + call.chars > this.#limits.batchMaxChars) {
      // Nothing of its conversation may overtake it.
      this.#closed.add(call.conversationId);
      return false;
    }
    if (!this.#fits(call)) return false;
    this.calls.push(call);
    this.#chars += call.chars;
    return true;
  }

  #fits(call: Call): boolean {
    if (call instanceof MoveCall) return !this.#moves.has(call.key) && this.#moves.add(call.key) !== undefined;
    if (this.#closed.has(call.conversationId)) return false;
    if (call instanceof SendCall) return this.#fitsSend(call);
    if (call instanceof ChangeCall || call instanceof GroupCall) this.#closed.add(call.conversationId);
    return true;
  }

  #fitsSend(call: SendCall): boolean {
    call.twinOf = null;
    if (call.twinKey === null) return true;
    const first = this.#sends.get(call.twinKey);
    if (first === undefined) this.#sends.set(call.twinKey, call);
    else if (first.send.content === call.send.content) call.twinOf = first;
    else {
      this.#closed.add(call.conversationId);
      return false;
    }
    return true;
  }
}
