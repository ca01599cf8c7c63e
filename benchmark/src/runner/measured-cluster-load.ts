import { loadavg } from 'node:os';
import type { LoadReport, Plan } from '../generator/plan.js';
import { costBetween, type ClusterCost, type ClusterMeter } from './cluster-meter.js';
import { Generator } from './generator.js';
import type { Progress } from './progress.js';

/** A load on a cluster, and what it cost, over the measured window. */
export interface MeasuredClusterLoad {
  load: LoadReport;
  cost: ClusterCost;
  /** Of the machine, in the minute to the end of the window: the load's own part included. */
  machineLoad: number;
}

export async function measureClusterLoad(meter: ClusterMeter, plan: Plan, progress: Progress): Promise<MeasuredClusterLoad> {
  const { generator } = await Generator.open(plan, progress);
  const ends: Awaited<ReturnType<ClusterMeter['read']>>[] = [];
  const read = async () => void ends.push(await meter.read());
  const load = await generator.run({ begin: read, end: read });
  const [from, to] = ends;
  if (from === undefined || to === undefined) throw new Error('the window was not measured');
  return { load, cost: costBetween(from, to), machineLoad: loadavg()[0] ?? Number.NaN };
}
