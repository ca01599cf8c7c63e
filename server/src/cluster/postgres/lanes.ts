import { contentHash } from '../../sql/content-hash.js';
import type { Call } from './call.js';
import type { Lane } from './lane.js';
import type { MoveCall } from './move-call.js';

/** All lanes of this server. A conversation belongs to one of them (R4). */
export class Lanes {
  readonly #lanes: readonly Lane[];
  readonly #monotonic: () => number;

  constructor(lanes: readonly Lane[], monotonic: () => number) {
    this.#lanes = lanes;
    this.#monotonic = monotonic;
  }

  /** Puts a call in its conversation's line, and resolves when it is committed. */
  submit<Result>(make: (acceptedAt: number) => Call<Result>): Promise<Result> {
    const call = make(this.#monotonic());
    this.#of(call.conversationId).submit(call);
    return call.done;
  }

  /** A member's move of cursors that waits in line. */
  move(conversationId: string, key: string): MoveCall | undefined {
    return this.#of(conversationId).move(key);
  }

  /** False: one of them refuses everything for now. */
  get areUp(): boolean {
    return this.#lanes.every((lane) => lane.isUp);
  }

  /** Calls that wait in line. */
  get waiting(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  #of(conversationId: string): Lane {
    const lane = this.#lanes[contentHash(conversationId) % this.#lanes.length];
    if (lane === undefined) throw new Error('there is no lane');
    return lane;
  }
}
