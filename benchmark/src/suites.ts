import { cluster } from './scenarios/cluster.js';
import { constants } from './scenarios/constants.js';
import { direct } from './scenarios/direct.js';
import { group } from './scenarios/group.js';
import { history } from './scenarios/history.js';
import { idle } from './scenarios/idle.js';
import { loop } from './scenarios/loop.js';
import type { Scenario } from './scenarios/scenario.js';
import { start } from './scenarios/start.js';
import { web } from './scenarios/web.js';

export const SCENARIOS: readonly Scenario[] = [start, direct, group, idle, history, loop, cluster, constants, web];

/** Several scenarios as one run, each with its defaults. */
export interface Suite {
  name: string;
  about: string;
  scenarios: readonly Scenario[];
}

export const SUITES: readonly Suite[] = [
  {
    name: 'embedded',
    about: 'everything that has a goal, on the embedded profile: about five minutes',
    // `loop` is in `direct` already.
    scenarios: [start, direct, group, idle, history],
  },
];
