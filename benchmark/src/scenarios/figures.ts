import type { Figure } from '../findings.js';
import type { MeasuredLoad } from '../runner/measured-load.js';

/** Where the CPU of a server went. */
export function cpuNote({ user, system, total, mainThread }: MeasuredLoad['cpu']): string {
  const share = (part: number) => `${Math.round((100 * part) / total)} %`;
  return `user ${share(user)}, system ${share(system)}; event loop ${share(mainThread)}`;
}

/** Of the store: it works in other threads, and its results come in batches. */
export function loopFigure({ loop }: MeasuredLoad, rate: number): Figure {
  return {
    id: 'direct.loop-max',
    name: `longest block of the event loop at ${rate}/s`,
    value: loop?.max ?? Number.NaN,
    unit: 'ms',
    note: `p99 ${loop?.p99.toFixed(1)} ms`,
  };
}
