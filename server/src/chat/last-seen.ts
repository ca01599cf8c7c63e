import type { AccountStore } from '../ports/accounts.js';

/** When people were last seen, on its way to the store. */
export class LastSeen {
  readonly #accounts: Pick<AccountStore, 'setLastSeen'>;
  readonly #noted = new Map<string, number>();

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

  /** Resolves when everything that is noted now is stored. */
  async flush(): Promise<void> {
    if (this.#noted.size === 0) return;
    const noted = [...this.#noted];
    await this.#accounts.setLastSeen(noted.map(([userId, at]) => ({ userId, at })));
    // Kept until it is written, so that nobody is told an older time meanwhile.
    for (const [userId, at] of noted) if (this.#noted.get(userId) === at) this.#noted.delete(userId);
  }
}
