import { AppendRefused, type AppendRefusal, type Entry } from '../../ports/log.js';
import type { Placed } from '../../sql/appended.js';

/** Where entries came to stand; of a send, with its message id, or the first one's if it is repeated. */
export type PlacedOutcome = [verdict: 'appended' | 'repeated', ...Placed, messageId?: string];

/** What the database says of a call: a refusal's code, that it must first be looked at something, or what it gives. */
export type Outcome = string | readonly unknown[] | null;
export const mustLook = (outcome: Outcome): boolean => outcome === 'look' || (Array.isArray(outcome) && outcome[0] === 'look');

/** What the archive knows and the database, for a call, may not. */
export interface Lookups {
  /** The entry at a seq that the log has. */
  target(conversationId: string, seq: number): Promise<{ id: string; kind: string; deleted: boolean }>;
  /** The messages after `low` up to `high`, and how many of them are the user's own. */
  messagesBetween(conversationId: string, low: number, high: number, userId: string): Promise<{ messages: number; own: number }>;
}

/** Something that waits in a lane, and who waits for it. */
export abstract class Call<Result = unknown> {
  readonly conversationId: string;
  /** What it weighs in the queue. */
  readonly chars: number;
  /** On the monotonic clock. */
  readonly acceptedAt: number;
  /** How many entries it makes, if it is not refused. */
  readonly entryCount: number;
  /** The first of its running numbers, in the attempt under way: each attempt has new ones. */
  n = 0;
  readonly done: Promise<Result>;
  #resolve!: (result: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(conversationId: string, size: { chars: number; entryCount: number }, acceptedAt: number) {
    this.conversationId = conversationId;
    this.chars = size.chars;
    this.entryCount = size.entryCount;
    this.acceptedAt = acceptedAt;
    this.done = new Promise<Result>((resolve, reject) => {
      this.#resolve = resolve as (result: unknown) => void;
      this.#reject = reject;
    });
  }

  /** As the database takes it. */
  abstract row(index: number): object;
  /** The entries that it appended, by its outcome. */
  abstract entriesOf(outcome: Outcome): Entry[];
  protected abstract resultOf(outcome: readonly unknown[] | null): Result;

  /** Finds out what the outcome asks for, and keeps it for the next attempt. */
  look(_lookups: Lookups, _outcome: Outcome): Promise<void> {
    return Promise.reject(new Error('there is nothing to look for'));
  }

  settle(outcome: Outcome): void {
    if (typeof outcome === 'string') this.#reject(new AppendRefused(outcome as AppendRefusal));
    else this.#resolve(this.resultOf(outcome));
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
