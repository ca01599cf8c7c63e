import type { World } from '@parley/server';
import { processRuntime } from '../../server/src/host/runtime.js';

/** The time of the real process, whose wall clock can be put ahead: for tokens and what else lives for days. */
export interface Clock {
  readonly runtime: World['runtime'];
  ahead(ms: number): void;
  readonly aheadMs: number;
}

export function clock(): Clock {
  let aheadMs = 0;
  return {
    runtime: { ...processRuntime, now: () => processRuntime.now() + aheadMs },
    ahead: (ms) => {
      aheadMs += ms;
    },
    get aheadMs() {
      return aheadMs;
    },
  };
}
