import type { Findings } from '../findings.js';
import type { Lab } from '../lab.js';

/** A number that the command line may set. */
export interface Knob {
  about: string;
  byDefault: number;
  /** Given or not, without a number: 1 or 0. */
  isFlag?: boolean;
}

export type Settings<K extends string> = Record<K, number>;

/** Something to measure: `npm run bench -- <name>`. */
export interface Scenario<K extends string = string> {
  name: string;
  about: string;
  knobs: Record<K, Knob>;
  run(lab: Lab, settings: Settings<K>): Promise<Findings>;
}

export function defaultsOf<K extends string>(knobs: Record<K, Knob>): Settings<K> {
  return Object.fromEntries(Object.entries<Knob>(knobs).map(([name, { byDefault }]) => [name, byDefault])) as Settings<K>;
}
