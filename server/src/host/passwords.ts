import { Refusal } from '@parley/protocol';
import type { Passwords } from '../ports/passwords.js';

/** How dear one hash is. */
export interface HashCost {
  memoryKiB: number;
  passes: number;
  lanes: number;
}
/** OWASP's first choice for argon2id: 8–20 ms of one core, 19 MiB while it runs. */
export const HASH_COST: HashCost = { memoryKiB: 19_456, passes: 2, lanes: 1 };

export interface Argon2Options {
  atOnce: number;
  /** Those beyond `atOnce` wait in order; those beyond this are refused. */
  waitingMax?: number;
  cost?: HashCost;
}

/** argon2id on libuv's threads, at most `atOnce` of them, so that a flood of logins leaves room for all the rest. */
export class Argon2Passwords implements Passwords {
  readonly #options: { algorithm: 2; memoryCost: number; timeCost: number; parallelism: number };
  readonly #atOnce: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ atOnce, waitingMax = 200, cost = HASH_COST }: Argon2Options) {
    this.#atOnce = atOnce;
    this.#waitingMax = waitingMax;
    // 2 is Algorithm.Argon2id, a const enum that `isolatedModules` cannot read.
    this.#options = { algorithm: 2, memoryCost: cost.memoryKiB, timeCost: cost.passes, parallelism: cost.lanes };
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(async () => (await argon2()).hash(sameEverywhere(password), this.#options));
  }

  verify(stored: string, password: string): Promise<boolean> {
    return this.#inTurn(async () => (await argon2()).verify(stored, sameEverywhere(password)));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      return Promise.reject(new Refusal('overloaded', undefined, { retryAfterMs: 1_000 }));
    }
    return new Promise((go) => this.#waiting.push(go));
  }

  /** Hands its place to the first that waits, or frees it. */
  #next(): void {
    const go = this.#waiting.shift();
    if (go) go();
    else this.#running -= 1;
  }
}

/** Loaded with the first password: a server that nobody logs in to need not hold it. */
const argon2 = () => import('@node-rs/argon2');

/** Keyboards differ in how they compose letters with accents; the password is the same. */
const sameEverywhere = (password: string) => password.normalize('NFC');
