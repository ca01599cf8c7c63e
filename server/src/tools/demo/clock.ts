import { processRuntime } from '../../host/runtime.js';
import { uuidV7 } from '../../host/uuid-v7.js';
import type { Runtime } from '../../ports/runtime.js';

/** A clock that is set: what is done at it has that time. */
export class SetClock implements Runtime {
  #now = Date.now();

  set(now: number): void {
    this.#now = now;
  }

  readonly now = (): number => this.#now;
  readonly id = (): string => uuidV7(this.#now);
  readonly monotonic: Runtime['monotonic'] = () => processRuntime.monotonic();
  readonly after: Runtime['after'] = (...when) => processRuntime.after(...when);
  readonly every: Runtime['every'] = (...when) => processRuntime.every(...when);
  readonly soon: Runtime['soon'] = (run) => processRuntime.soon(run);
  readonly random: Runtime['random'] = () => processRuntime.random();
}
