import { createInterface, type Interface } from 'node:readline';
import { LineQueue } from './line-queue.js';
import type { Screen } from './screen.js';
import { rendered } from './text/render.js';
import type { Row } from './text/row.js';

const PAPER = { width: Number.POSITIVE_INFINITY, hasColour: false };

/** Plain lines in, plain lines out. */
export class PipeScreen implements Screen {
  readonly isTerminal = false;
  readonly width = PAPER.width;
  readonly #input: Interface;
  readonly #lines: LineQueue;

  constructor() {
    this.#input = createInterface({ input: process.stdin });
    this.#lines = new LineQueue(this.#input);
  }

  print(...rows: Row[]): void {
    for (const line of rendered(rows, PAPER)) process.stdout.write(`${line}\n`);
  }

  serve(): void {}
  setPrompt(): void {}

  /** The question is not printed: whoever wrote the script knows it. */
  ask(): Promise<string | null> {
    return this.#lines.next();
  }

  async each(run: (line: string) => Promise<boolean>): Promise<void> {
    for (let line = await this.#lines.next(); line !== null; line = await this.#lines.next()) {
      if (!(await run(line))) break;
    }
  }

  close(): void {
    this.#input.close();
    // Else a pipe that stays open would keep the process.
    process.stdin.destroy();
  }
}
