const PROGRESS_MS = 2_000;

/** A line that says how far it is, now and then. */
export class Progress {
  #toldAt = performance.now();

  tell(line: string): void {
    if (performance.now() - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = performance.now();
    process.stderr.write(`${line}\n`);
  }
}
