import { AppendRefused } from '../ports/log.js';
import type { Command, Outcome } from './commands.js';

/** A command in line, and who waits for it. */
export class Waiting {
  readonly command: Command;
  /** What it weighs in the queue. */
  readonly chars: number;
  /** By which it can be found while it is in line. */
  readonly key: string | undefined;
  readonly done: Promise<unknown>;
  #resolve!: (result: unknown) => void;
  #reject!: (error: Error) => void;

  constructor(command: Command, chars: number, key: string | undefined) {
    this.command = command;
    this.chars = chars;
    this.key = key;
    this.done = new Promise<unknown>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(outcome: Outcome): void {
    if (typeof outcome === 'string') this.#reject(new AppendRefused(outcome));
    else if (outcome instanceof Error) this.#reject(outcome);
    else this.#resolve(outcome);
  }
}
