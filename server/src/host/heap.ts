import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'minor' | 'major' }) => void;

/** V8 shrinks its young generation only when it saw hardly an allocation for five seconds. */
const QUIET_MS = 6_000;
const BUSY_SHARE = 0.05;

/**
 * Gives back the memory that only the start needed, if nobody has come meanwhile. V8 does so too, but takes up to half a
 * minute; the pause of some 30 ms harms nobody now.
 */
export function tidyHeapOnceQuiet(): void {
  const collect = collector();
  // What was allocated before does not count.
  collect();
  const started = performance.eventLoopUtilization();
  setTimeout(() => {
    if (performance.eventLoopUtilization(started).utilization < BUSY_SHARE) collect();
  }, QUIET_MS).unref();
}

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
