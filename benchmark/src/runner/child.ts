import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const STOP_MAX_MS = 15_000;
const ERRORS_KEPT_CHARS = 4_000;
const KEPT_MAX_LINES = 100;

/** A process that a run starts, listens to and ends. */
export class Child {
  readonly #child: ChildProcess;
  #errors = '';
  /** Lines of its output with this in them are kept, up to a number. */
  readonly kept: string[] = [];
  readonly #keep: string | null;

  constructor(command: string, args: readonly string[], options: SpawnOptions, keep: string | null = null) {
    this.#keep = keep;
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#errors = (this.#errors + text).slice(-ERRORS_KEPT_CHARS)));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process did not start');
    return this.#child.pid;
  }

  /** The first line of its output that `pick` makes something of. Its output is read to the end, lest it block. */
  async line<T>(pick: (line: string) => T | null): Promise<T> {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the process has no output');
    return new Promise<T>((resolve, reject) => {
      createInterface(stdout).on('line', (line) => {
        if (this.#keep !== null && line.includes(this.#keep) && this.kept.length < KEPT_MAX_LINES) this.kept.push(line);
        const picked = pick(line);
        if (picked !== null) resolve(picked);
      });
      this.#child.once('exit', (code) => reject(new Error(`the process ended with ${code}: ${this.#errors.trim()}`)));
      this.#child.once('error', reject);
    });
  }

  /** Asks it to end, and waits; ends it hard if it does not. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MAX_MS);
    await exited;
    clearTimeout(hard);
  }
}
