/** A scripted conversation: one line a step, with ✓ or ✗ and its time. */
export class Steps {
  #failed = 0;
  #passed = 0;

  /** Runs a step; a step that fails ends the script. */
  async step(name: string, run: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    try {
      await run();
      this.#passed++;
      process.stdout.write(`✓ ${name} (${Math.round(performance.now() - started)} ms)\n`);
    } catch (error) {
      this.#failed++;
      process.stdout.write(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      throw error;
    }
  }

  /** What came of it, in a line; and the exit code. */
  close(): number {
    process.stdout.write(`${this.#passed} steps passed, ${this.#failed} failed\n`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}

/** Runs a script to its exit code. A failed step has said so itself. */
export async function scripted(run: (steps: Steps) => Promise<void>): Promise<number> {
  const steps = new Steps();
  await run(steps).catch((error: unknown) => {
    if (steps.close() === 0) throw error;
  });
  return steps.close();
}
