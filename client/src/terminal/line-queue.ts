import type { Interface } from 'node:readline';

/** Lines that were entered and that nobody has taken yet. readline throws away what comes while nobody listens. */
export class LineQueue {
  readonly #lines: string[] = [];
  #wanted: (() => void) | null = null;
  #isOver = false;

  constructor(input: Interface) {
    input.on('line', (line) => {
      this.#lines.push(line);
      this.#wanted?.();
    });
    input.on('close', () => {
      this.#isOver = true;
      this.#wanted?.();
    });
  }

  /** The next line; null at the end of input. */
  async next(): Promise<string | null> {
    if (this.#lines.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => (this.#wanted = resolve));
      this.#wanted = null;
    }
    return this.#lines.shift() ?? null;
  }
}
