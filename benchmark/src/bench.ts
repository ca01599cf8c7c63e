import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinFindings, type Findings } from './findings.js';
import { Lab } from './lab.js';
import { probeDisk } from './measure/disk.js';
import { describeMachine } from './measure/machine.js';
import { page } from './report/page.js';
import type { Run } from './report/run.js';
import { table } from './report/table.js';
import { ROOT } from './runner/parley-server.js';
import { Progress } from './runner/progress.js';
import type { Scenario, Settings } from './scenarios/scenario.js';

export interface BenchOptions {
  /** Where data is kept during the run. */
  dir?: string;
  profile: boolean;
}

export interface Planned {
  scenario: Scenario;
  settings: Settings<string>;
}

const RESULTS = join(ROOT, 'benchmark/results');

/** Runs scenarios one after the other, prints what they found and writes it down. False: something was lost or repeated. */
export async function bench(command: string, planned: readonly Planned[], { dir, profile }: BenchOptions): Promise<boolean> {
  const startedAt = performance.now();
  const machine = describeMachine(ROOT);
  const resultDir = join(RESULTS, machine.date.replaceAll(/[:.]/g, '-'));
  const dataRoot = join(dir ?? resultDir, `data-${process.pid}`);
  mkdirSync(resultDir, { recursive: true });
  mkdirSync(dataRoot, { recursive: true });
  const lab = new Lab({ dataRoot, resultDir, profile, progress: new Progress() });
  try {
    lab.progress.step('probing the disk');
    const disk = await probeDisk(dataRoot);
    const findings: Findings[] = [];
    for (const { scenario, settings } of planned) findings.push(await scenario.run(lab, settings));
    const seconds = (performance.now() - startedAt) / 1_000;
    return publish({ command, machine, disk, seconds, findings: joinFindings(findings) }, resultDir);
  } finally {
    lab.close();
  }
}

function publish(run: Run, resultDir: string): boolean {
  writeFileSync(join(resultDir, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(join(resultDir, 'index.html'), page(run));
  process.stdout.write(`\n${table(run)}\n${join(resultDir, 'index.html')}\n`);
  return run.findings.broken.length === 0;
}
