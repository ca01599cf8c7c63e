import type { Findings } from '../findings.js';
import type { LoadReport, Plan } from '../generator/plan.js';
import { longestLoopDelayMs, MetricsPage, p99LoopDelayMs } from '../measure/metrics-page.js';
import { cpuBetween, cpuOf, memoryOf, type Cpu, type Memory } from '../measure/process-usage.js';
import { Generator } from './generator.js';
import type { Progress } from './progress.js';

/** What is loaded: a process, and how to read its metrics, if it has any. */
export interface Loaded {
  pid: number;
  httpUrl: string | null;
}

/** A load and what it cost the server, over the measured window. */
export interface MeasuredLoad {
  load: LoadReport;
  cpu: Cpu & { total: number };
  memory: Memory;
  /** Of the server's event loop, in ms; null for servers that do not say. */
  loop: { max: number; p99: number } | null;
  commits: number | null;
}

/** Lag of the generator's own loop above which a run is flagged. */
export const OWN_LAG_MAX_MS = 10;

/** Runs a load, and reads the server's CPU at both ends of its window. */
export async function measureLoad(server: Loaded, plan: Plan, progress: Progress): Promise<MeasuredLoad> {
  const { generator } = await Generator.open(plan, progress);
  const { pid, httpUrl } = server;
  const ends: Cpu[] = [];
  const pages: MetricsPage[] = [];
  const readBoth = async (): Promise<void> => {
    ends.push(await cpuOf(pid));
    if (httpUrl !== null) pages.push(await MetricsPage.read(httpUrl));
  };
  const load = await generator.run({ begin: readBoth, end: readBoth });
  const [from, to] = ends;
  if (from === undefined || to === undefined) throw new Error('the window was not measured');
  const [before, after] = pages;
  return {
    load,
    cpu: cpuBetween(from, to),
    memory: await memoryOf(pid),
    loop: after === undefined ? null : { max: longestLoopDelayMs(after), p99: p99LoopDelayMs(after) },
    commits: before === undefined || after === undefined ? null : after.of('commits_total') - before.of('commits_total'),
  };
}

/** What is wrong with a load, in words, each with the name of its part: nothing, if it may be believed. */
export function faultsOf(parts: Record<string, Pick<MeasuredLoad, 'load'>>): Pick<Findings, 'broken' | 'doubtful'> {
  const all = Object.entries(parts);
  return {
    broken: all.flatMap(([part, { load }]) => breaksOf(load).map((what) => `${part}: ${what}`)),
    doubtful: all.flatMap(([part, { load }]) => doubtsOf(load).map((what) => `${part}: ${what}`)),
  };
}

function breaksOf({ lost, unanswered, counts: { duplicated, outOfOrder, broken, stale } }: LoadReport): string[] {
  const breaks = { lost, unanswered, duplicated, 'out of order': outOfOrder, 'connections broken': broken, 'stale pages': stale };
  return Object.entries(breaks)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
}

function doubtsOf({ ownLagP99, refusals }: LoadReport): string[] {
  const refused = Object.entries(refusals).map(([code, count]) => `${count} refused: ${code}`);
  if (ownLagP99 <= OWN_LAG_MAX_MS) return refused;
  return [
    `the generator itself lagged, p99 ${ownLagP99.toFixed(1)} ms: latency is read too high, throughput too low`,
    ...refused,
  ];
}
