import type { AccountStore } from '../ports/accounts.js';

/** When people were last seen, on its way to the store. */
export class LastSeen {
  readonly #accounts: Pick<AccountStore, 'setLastSeen'>;
  readonly #noted = new Map<string, number>();
  #writing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(accounts: Pick<AccountStore, 'setLastSeen'>) {
    this.#accounts = accounts;
  }

  note(userId: string, at: number): void {
    this.#noted.set(userId, at);
  }

  /** What is noted and may not be stored yet. */
  of(userId: string): number | undefined {
    return this.#noted.get(userId);
  }

  /** Resolves when everything that is noted now is stored. What comes while a write is under way goes with the next one. */
  flush(): Promise<void> {
    this.#next ??= this.#writeAfter(this.#writing);
    return this.#next;
  }

  async #writeAfter(before: Promise<void> | null): Promise<void> {
    // Whoever waits for that one is told of its failure; what it did not store is in this one.
    await before?.catch(() => undefined);
    this.#next = null;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#noted.size === 0) return;
    const noted = [...this.#noted];
    await this.#accounts.setLastSeen(noted.map(([userId, at]) => ({ userId, at })));
    // Kept until it is written, so that nobody is told an older time meanwhile.
    for (const [userId, at] of noted) if (this.#noted.get(userId) === at) this.#noted.delete(userId);
  }
}
