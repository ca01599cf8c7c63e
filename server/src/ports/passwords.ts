/** Turns passwords into hashes that may be stored. Slow by purpose, and never on the event loop. */
export interface Passwords {
  /** Rejects with the refusal `overloaded` when too many are waiting. */
  hash(password: string): Promise<string>;
  /** Takes the same time for every password and every hash made with the same parameters. Rejects like `hash`. */
  verify(hash: string, password: string): Promise<boolean>;
}
