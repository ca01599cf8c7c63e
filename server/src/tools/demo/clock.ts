import { processRuntime } from '../../host/runtime.js';
import { uuidV7 } from '../../host/uuid-v7.js';
import type { Runtime } from '../../ports/runtime.js';

/** A clock that is set: what is done at it has that time. */
export interface SetClock extends Runtime {
  set(now: number): void;
}

export function setClock(): SetClock {
  let now = Date.now();
  return {
    ...processRuntime,
    now: () => now,
    id: () => uuidV7(now),
    set: (at) => (now = at),
  };
}
