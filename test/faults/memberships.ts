import type { History } from './history.js';

interface Stay {
  from: number;
  /** The seq at which they left; infinite: they have not. */
  to: number;
  fromAt: number;
  toAt: number;
}

/** Who was where when, from the log alone. */
export class Memberships {
  /** By user and conversation. */
  readonly #stays = new Map<string, Stay[]>();

  constructor({ places, log }: Pick<History, 'places' | 'log'>) {
    for (const { conversationId, kind, two } of places) {
      if (kind === 'direct') for (const user of two) this.#enter(user, conversationId, 1, 0);
    }
    for (const { conversationId, kind, from, concerns, seq, at } of log) {
      const user = concerns ?? from;
      if (kind === 'created' || kind === 'joined' || kind === 'added') this.#enter(user, conversationId, seq, at);
      if (kind === 'left' || kind === 'removed') this.#leave(user, conversationId, seq, at);
    }
  }

  /** A member now. */
  isIn(user: string, conversationId: string): boolean {
    return this.#of(user, conversationId).at(-1)?.to === Infinity;
  }

  /** They were out for a while. */
  wasOut(user: string, conversationId: string): boolean {
    const stays = this.#of(user, conversationId);
    return stays.length > 1 || stays.at(-1)?.to !== Infinity;
  }

  /** The seq at which they came, for the last time. */
  joinedSeq(user: string, conversationId: string): number {
    return this.#of(user, conversationId).at(-1)?.from ?? 1;
  }

  /** At that time they were a member, and were when it was written, without a break. */
  isOwed(user: string, conversationId: string, seq: number, at: number): boolean {
    const stay = this.#of(user, conversationId).findLast(({ fromAt }) => fromAt <= at);
    return stay !== undefined && stay.from <= seq && seq < stay.to;
  }

  /** A member sees everything, also what was before or between (the groups here show all of it); others nothing that came after they left. */
  mayHaveSeen(user: string, conversationId: string, seq: number, at: number): boolean {
    return this.#of(user, conversationId).some(({ fromAt, to }) => fromAt <= at && seq <= to);
  }

  #of(user: string, conversationId: string): Stay[] {
    return this.#stays.get(`${user} ${conversationId}`) ?? [];
  }

  #enter(user: string, conversationId: string, seq: number, at: number): void {
    const key = `${user} ${conversationId}`;
    const stays = this.#stays.get(key) ?? [];
    this.#stays.set(key, stays);
    if (stays.at(-1)?.to === Infinity) return;
    stays.push({ from: seq, to: Infinity, fromAt: at, toAt: Infinity });
  }

  #leave(user: string, conversationId: string, seq: number, at: number): void {
    const stay = this.#of(user, conversationId).at(-1);
    if (stay !== undefined && stay.to === Infinity) Object.assign(stay, { to: seq, toAt: at });
  }
}
