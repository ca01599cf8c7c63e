import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../world/until.js';

const TERMINAL = join(import.meta.dirname, '../../client/dist/terminal');

/** How a program ended, and all that it printed. */
export interface Ended {
  code: number | null;
  printed: string;
}

/** One of the terminal clients as a process, with a pipe at both ends. */
export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<number | null>;
  #printed = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    // Whoever ends early does not read the rest.
    child.stdin?.on('error', () => undefined);
    this.#closed = once(child, 'close').then(([code]) => code as number | null);
    for (const output of [child.stdout, child.stderr]) output?.on('data', (data: Buffer) => (this.#printed += data.toString()));
  }

  static start(name: string, args: readonly string[]): Program {
    return new Program(spawn(process.execPath, [join(TERMINAL, `${name}.js`), ...args], { env: environment() }));
  }

  /** On a terminal of its own, so many columns wide; `script` makes it. */
  static startOnTerminal(name: string, args: readonly string[], columns: number): Program {
    const command = [process.execPath, join(TERMINAL, `${name}.js`), ...args].map((word) => `'${word}'`).join(' ');
    const env = { ...environment(), TERM: 'xterm', NO_COLOR: '1' };
    return new Program(spawn('script', ['-qec', `stty cols ${columns} rows 24; exec ${command}`, '/dev/null'], { env }));
  }

  get printed(): string {
    return this.#printed;
  }

  type(...lines: string[]): void {
    for (const line of lines) this.key(`${line}\n`);
  }

  key(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  prints(text: string): Promise<boolean> {
    return until(`it prints ${JSON.stringify(text)}; so far: ${this.#printed}`, () => this.#printed.includes(text));
  }

  /** The end of input. */
  async end(): Promise<Ended> {
    this.#child.stdin?.end();
    return this.ended();
  }

  async ended(): Promise<Ended> {
    return { code: await this.#closed, printed: this.#printed };
  }
}

/** Runs a client with these lines as its whole input. */
export function run(name: string, args: readonly string[], lines: readonly string[] = []): Promise<Ended> {
  const program = Program.start(name, args);
  program.type(...lines);
  return program.end();
}

const environment = () => ({ PATH: process.env['PATH'] });
