const said = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What a script prints on: one line a step. */
export type Write = (line: string) => void;

/** A script in steps: one line for each, with ✓ or ✗ and how long it took. The first that fails ends the script. */
export class Steps {
  readonly #write: Write;
  #passed = 0;
  #failed = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const took = () => `${Math.round(performance.now() - started)} ms`;
    try {
      const result = await run();
      this.#passed += 1;
      this.#write(`✓ ${name} (${took()})`);
      return result;
    } catch (error) {
      this.#failed += 1;
      this.#write(`✗ ${name} (${took()}): ${said(error)}`);
      throw new StepFailed(name);
    }
  }

  /** What came of it, in a line. */
  close(): void {
    this.#write(`${this.#passed} steps passed, ${this.#failed} failed`);
  }
}

/** A step has failed, and has said so. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** Runs a script to its exit code: 0 if every step passed. What is thrown between steps goes on. */
export async function scripted(write: Write, run: (steps: Steps) => Promise<void>): Promise<number> {
  const steps = new Steps(write);
  try {
    await run(steps);
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return 1;
  } finally {
    steps.close();
  }
}
