import type { Findings } from '../findings.js';
import type { Summary } from '../measure/histogram.js';
import type { Machine } from '../measure/machine.js';

/** A whole run, as it is printed and written. */
export interface Run {
  command: string;
  machine: Machine;
  /** fdatasync on the disk of the data, in ms, at the start of the run. */
  disk: Summary;
  seconds: number;
  findings: Findings;
}

export function machineLines({ machine, disk, command, seconds }: Run): string[] {
  const { cpu, cores, ramGiB, kernel, node, commit, load, date } = machine;
  return [
    `${command}, ${date}, commit ${commit}, ${Math.round(seconds)} s`,
    `${cpu}, ${cores} cores, ${ramGiB} GiB, Linux ${kernel}, Node ${node}; load before the run ${load.toFixed(2)}`,
    `fdatasync p50 ${disk.p50.toFixed(2)} ms, p99 ${disk.p99.toFixed(2)} ms, max ${disk.max.toFixed(1)} ms; generator on the same cores as the server`,
  ];
}
