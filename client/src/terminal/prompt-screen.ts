import { createInterface, type Interface } from 'node:readline';
import { Echo } from './echo.js';
import { LineQueue } from './line-queue.js';
import type { Screen, Typist } from './screen.js';
import { rendered } from './text/render.js';
import type { Row } from './text/row.js';
import { widthOf } from './text/width.js';

const MIN_COLUMNS = 20;
const CLEAR_BELOW = '\r\u001b[J';
const NOBODY: Typist = { typed: () => undefined, keeps: () => true, completions: () => [] };

/** A terminal: a line that is typed at the bottom, and everything that is printed above it. */
export class PromptScreen implements Screen {
  readonly isTerminal = true;
  readonly #hasColour: boolean;
  readonly #echo = new Echo();
  readonly #input: Interface;
  readonly #lines: LineQueue;
  #typist = NOBODY;
  #prompt = '> ';
  /** A question stands in place of the prompt. */
  #isAsking = false;
  #isOver = false;

  constructor({ hasColour }: { hasColour: boolean }) {
    this.#hasColour = hasColour;
    this.#input = createInterface({
      input: process.stdin,
      output: this.#echo,
      terminal: true,
      completer: (line: string) => [this.#typist.completions(line), line],
    });
    this.#input.on('line', (line) => this.#entered(line));
    this.#input.on('history', (history) => this.#isAsking && history.shift());
    this.#input.on('SIGINT', () => this.#interrupted());
    this.#input.on('close', () => (this.#isOver = true));
    this.#lines = new LineQueue(this.#input);
    // After readline has dealt with the key. It does not count the rows of what is pasted.
    process.stdin.on('keypress', () => {
      this.#standsAt(this.#input.getCursorPos().rows);
      if (!this.#isAsking) this.#typist.typed(this.#input.line);
    });
  }

  /** One column stays free: a terminal that wraps at its last one would do so twice. */
  get width(): number {
    return Math.max(MIN_COLUMNS, process.stdout.columns || 80) - 1;
  }

  serve(typist: Typist): void {
    this.#typist = typist;
  }

  print(...rows: Row[]): void {
    const text = rendered(rows, { width: this.width, hasColour: this.#hasColour })
      .map((line) => `${line}\n`)
      .join('');
    if (this.#isOver) return void process.stdout.write(text);
    this.#clear();
    process.stdout.write(text);
    this.#draw();
  }

  setPrompt(prompt: string): void {
    if (prompt === this.#prompt) return;
    this.#prompt = prompt;
    if (!this.#isAsking) this.#show(prompt);
  }

  async ask(question: string, isSecret = false): Promise<string | null> {
    this.#isAsking = true;
    this.#show(question);
    this.#echo.isMuted = isSecret;
    try {
      return await this.#lines.next();
    } finally {
      this.#echo.isMuted = false;
      this.#isAsking = false;
      if (isSecret) process.stdout.write('\n');
      this.#input.setPrompt(this.#prompt);
    }
  }

  async each(run: (line: string) => Promise<boolean>): Promise<void> {
    this.#show(this.#prompt);
    for (let line = await this.#lines.next(); line !== null; line = await this.#lines.next()) {
      if (!(await run(line))) break;
      if (!this.#isOver) this.#input.prompt(true);
    }
  }

  close(): void {
    this.#input.close();
  }

  #show(prompt: string): void {
    if (this.#isOver) return;
    this.#clear();
    this.#input.setPrompt(prompt);
    this.#draw();
  }

  /** Takes the prompt and what is typed off the screen. */
  #clear(): void {
    process.stdout.write(`${up(this.#input.getCursorPos().rows)}${CLEAR_BELOW}`);
    this.#standsAt(0);
  }

  /** Tells readline how many rows its cursor is below the prompt; it goes up by them before it draws again. */
  #standsAt(prevRows: number): void {
    Object.assign(this.#input, { prevRows });
  }

  #draw(): void {
    // readline would draw the secret with it.
    if (this.#echo.isMuted) process.stdout.write(this.#input.getPrompt());
    else this.#input.prompt(true);
  }

  /** The cursor is on the row below the line already. */
  #entered(line: string): void {
    if (this.#isAsking || this.#typist.keeps(line)) return;
    const rows = Math.floor(widthOf(this.#prompt + line) / process.stdout.columns) + 1;
    process.stdout.write(`${up(rows)}${CLEAR_BELOW}`);
  }

  /** Ctrl-C takes back what was typed, and with nothing typed it ends the program, as in a shell. */
  #interrupted(): void {
    if (this.#input.line === '' || this.#isAsking) return this.#input.close();
    this.#input.write(null, { ctrl: true, name: 'e' });
    this.#input.write(null, { ctrl: true, name: 'u' });
  }
}

const up = (rows: number) => (rows === 0 ? '' : `\u001b[${rows}A`);
