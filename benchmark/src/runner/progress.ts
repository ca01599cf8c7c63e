const QUIET_MS = 2_000;

/** Says what a run is doing: each step once, and a line more every two seconds. On standard error, beside the result. */
export class Progress {
  readonly #startedAt = performance.now();
  #step = '';
  #saidAt = -Infinity;

  step(text: string): void {
    this.#step = text;
    this.#say(text);
  }

  /** Where the step stands. Said at most every two seconds. */
  now(text: string): void {
    if (performance.now() - this.#saidAt >= QUIET_MS) this.#say(`${this.#step}: ${text}`);
  }

  /** Waits, and says so. */
  async wait(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, QUIET_MS)));
      this.now(`${Math.max(0, Math.round((until - performance.now()) / 1_000))} s to go`);
    }
  }

  #say(text: string): void {
    this.#saidAt = performance.now();
    const seconds = Math.round((this.#saidAt - this.#startedAt) / 1_000);
    process.stderr.write(`${String(seconds).padStart(4)} s  ${text}\n`);
  }
}
