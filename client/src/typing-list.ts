import type { Runtime, Timer } from './runtime.js';

/** Who is typing in a conversation; each fades unless they go on. */
export class TypingList {
  readonly #runtime: Runtime;
  readonly #shownMs: number;
  readonly #changed: () => void;
  readonly #timers = new Map<string, Timer>();
  #usernames: readonly string[] = [];

  constructor(parts: { runtime: Runtime; shownMs: number; changed: () => void }) {
    this.#runtime = parts.runtime;
    this.#shownMs = parts.shownMs;
    this.#changed = parts.changed;
  }

  get usernames(): readonly string[] {
    return this.#usernames;
  }

  add(username: string): void {
    const before = this.#timers.get(username);
    before?.cancel();
    this.#timers.set(
      username,
      this.#runtime.after(this.#shownMs, () => this.remove(username)),
    );
    if (before === undefined) this.#tell();
  }

  /** Their message came, or they stopped. */
  remove(username: string): void {
    this.#timers.get(username)?.cancel();
    if (this.#timers.delete(username)) this.#tell();
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    if (this.#timers.size === 0) return;
    this.#timers.clear();
    this.#tell();
  }

  #tell(): void {
    this.#usernames = [...this.#timers.keys()];
    this.#changed();
  }
}
