import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Findings } from '../findings.js';
import type { Lab } from '../lab.js';
import { memoryOf } from '../measure/process-usage.js';
import { newSecret, ROOT, SERVER, serverEnvironment } from '../runner/parley-server.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  runs: { about: 'starts, of which the median counts', byDefault: 7 },
  settle: { about: 'seconds before memory is read', byDefault: 10 },
};

const POLL_MS = 2;
const START_MAX_MS = 30_000;

/** From nothing to the first answer, and what a server takes that does nothing. */
export const start: Scenario<keyof typeof knobs> = {
  name: 'start',
  about: 'from spawning the server to its first answered /health, and its idle memory',
  knobs,
  async run(lab, { runs, settle }) {
    lab.progress.step(`start: node ${SERVER}, ${runs} times`);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) times.push(await timeStart(lab, 'node', [SERVER]));
    lab.progress.step('start: npm start, 3 times');
    const npmTimes: number[] = [];
    for (let i = 0; i < 3; i++) npmTimes.push(await timeStart(lab, 'npm', ['start', '--silent']));
    lab.progress.step('start: idle memory');
    const rss = await lab.withServer('start', async ({ pid }) => {
      await lab.progress.wait(settle * 1_000);
      return memoryOf(pid);
    });
    return findings({ runs, settle }, times, npmTimes, rss.rss);
  },
};

/** Milliseconds until `/health` is answered. The command runs on an empty store. */
async function timeStart(lab: Lab, command: string, args: string[]): Promise<number> {
  const port = await freePort();
  const environment = {
    ...serverEnvironment({ dataDir: lab.newDataDir('start'), jwtSecret: newSecret() }),
    HTTP_PORT: String(port),
  };
  const from = performance.now();
  // A group of its own, for npm's children are to end with it.
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...environment, HOME: process.env['HOME'] },
    stdio: 'ignore',
    detached: true,
  });
  const ended = once(child, 'exit');
  try {
    while (!(await isHealthy(port))) {
      if (child.exitCode !== null || performance.now() - from > START_MAX_MS)
        throw new Error(`${command} ${args.join(' ')} did not start`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return performance.now() - from;
  } finally {
    endGroup(child);
    await ended;
  }
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health' }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function endGroup({ pid, exitCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGTERM');
}

function findings({ settle }: Settings<keyof typeof knobs>, times: number[], npmTimes: number[], rssKib: number): Findings {
  const spread = (all: number[]) => `${Math.round(Math.min(...all))} to ${Math.round(Math.max(...all))} ms in ${all.length} runs`;
  return {
    figures: [
      { id: 'start.health', name: 'start to first answered /health', value: median(times), unit: 'ms', note: spread(times) },
      {
        id: 'start.npm',
        name: '… by npm start, which checks first that all is built',
        value: median(npmTimes),
        unit: 'ms',
        note: spread(npmTimes),
      },
      { id: 'start.rss', name: `idle server, ${settle} s after its start: RSS`, value: rssKib / 1_024, unit: 'MB' },
    ],
    charts: [],
    runs: { start: { times, npmTimes, rssKib } },
    broken: [],
    doubtful: [],
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
