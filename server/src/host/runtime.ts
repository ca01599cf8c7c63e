import { performance } from 'node:perf_hooks';
import type { Runtime, Timer } from '../ports/runtime.js';
import { uuidV7 } from './uuid-v7.js';

/** Time, randomness and scheduling of the real process. */
export const processRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run): Timer => {
    const timer = setTimeout(run, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every: (periodMs, run): Timer => {
    const timer = setInterval(run, periodMs).unref();
    return { cancel: () => clearInterval(timer) };
  },
  soon: (run) => void setImmediate(run),
  random: () => Math.random(),
  id: () => uuidV7(Date.now()),
};
