import type { ThreadProfile } from '../measure/hot-spots.js';

/** Where the time of each thread went, as text. */
export function hotSpotList(threads: readonly ThreadProfile[]): string {
  return threads
    .map(({ file, busyS, hotSpots }) => {
      const lines = hotSpots.map(({ where, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
      return [`${file}: busy ${busyS.toFixed(1)} s`, ...lines].join('\n');
    })
    .join('\n\n');
}
