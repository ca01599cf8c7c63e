import type { Pace, Plan, Stream } from '../generator/plan.js';
import type { ParleyCluster } from '../runner/parley-cluster.js';
import type { Person } from '../runner/people.js';
import { parleyPlan, type DirectSettings } from './direct-load.js';

/** What the generator does to two chat processes: every second person is at the second. */
export function clusterPlan(
  cluster: ParleyCluster,
  { people, streams }: { people: readonly Person[]; streams: Stream[] },
  settings: Pick<DirectSettings, 'bytes' | 'seconds'>,
  pace: Pace,
): Plan {
  const [first, second] = [cluster.chat('chat-1'), cluster.chat('chat-2')];
  const clients = people.map(({ token }, i) => ({ token, server: i % 2 === 0 ? first : second }));
  return { ...parleyPlan({ people, streams }, settings, pace, first), clients };
}
