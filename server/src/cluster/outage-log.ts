import type { Logger } from '../ports/logger.js';
import type { Runtime } from '../ports/runtime.js';

const EVERY_MS = 5_000;

/** Logs the first error of an outage at once, then every few seconds how many more there were: not each of thousands. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #runtime: Runtime;
  readonly #message: string;
  #isQuiet = false;
  #more = 0;
  #last: unknown;

  constructor(logger: Logger, runtime: Runtime, message: string) {
    this.#logger = logger;
    this.#runtime = runtime;
    this.#message = message;
  }

  note(error: unknown): void {
    this.#last = error;
    if (this.#isQuiet) this.#more += 1;
    else this.#say({ err: error });
  }

  #say(about: Record<string, unknown>): void {
    this.#logger.warn(about, this.#message);
    this.#isQuiet = true;
    this.#more = 0;
    this.#runtime.after(EVERY_MS, () => {
      this.#isQuiet = false;
      if (this.#more > 0) this.#say({ err: this.#last, more: this.#more });
    });
  }
}
