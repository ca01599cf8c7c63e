import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** A terminal, or a pipe: lines in, lines out. On a terminal what comes is printed above what is being typed. */
export class Screen {
  readonly isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  readonly #lines: Interface;
  /** Lines that nobody has taken yet; readline throws away what comes while nobody listens. */
  readonly #typed: string[] = [];
  #wanting: (() => void) | null = null;
  #isMuted = false;
  #isOver = false;

  constructor() {
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // While a password is typed, nothing of it is echoed.
        if (!this.#isMuted) process.stdout.write(chunk);
        done();
      },
    });
    this.#lines = createInterface({
      input: process.stdin,
      ...(this.isTerminal && { output: Object.assign(output, { columns: process.stdout.columns }), terminal: true }),
    });
    this.#lines.on('line', (line) => {
      this.#typed.push(line);
      this.#wanting?.();
    });
    this.#lines.on('close', () => {
      this.#isOver = true;
      this.#wanting?.();
    });
  }

  get width(): number {
    return this.isTerminal ? Math.max(20, process.stdout.columns) : 200;
  }

  /** Prints lines, and puts the prompt and what was typed below them again. */
  print(...lines: string[]): void {
    if (!this.isTerminal || this.#isOver) {
      for (const line of lines) process.stdout.write(`${line}\n`);
      return;
    }
    process.stdout.write(`\r\u001b[J${lines.map((line) => `${line}\n`).join('')}`);
    this.#lines.prompt(true);
  }

  setPrompt(prompt: string): void {
    this.#lines.setPrompt(this.isTerminal ? prompt : '');
    if (this.isTerminal) this.#lines.prompt(true);
  }

  /** Asks for one line; null at the end of input. */
  async ask(question: string, isSecret = false): Promise<string | null> {
    if (this.isTerminal) process.stdout.write(question);
    this.#isMuted = isSecret;
    try {
      return await this.#next();
    } finally {
      this.#isMuted = false;
      if (isSecret && this.isTerminal) process.stdout.write('\n');
    }
  }

  /** Runs every line, one after the other, until the input ends. */
  async each(run: (line: string) => Promise<boolean>): Promise<void> {
    for (let line = await this.#next(); line !== null; line = await this.#next()) {
      if (!(await run(line))) break;
      if (this.isTerminal) this.#lines.prompt();
    }
    this.close();
  }

  /** Calls back at every key: somebody is typing. */
  onTyping(typed: (text: string) => void): void {
    if (this.isTerminal) process.stdin.on('keypress', () => typed(this.#lines.line));
  }

  close(): void {
    this.#lines.close();
  }

  /** The next line; null at the end of input. */
  async #next(): Promise<string | null> {
    if (this.#typed.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => (this.#wanting = resolve));
      this.#wanting = null;
    }
    return this.#typed.shift() ?? null;
  }
}
