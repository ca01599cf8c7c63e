import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Addresses, Environment } from '@parley/server';
import { onTestFinished } from 'vitest';
import { call } from './http.js';
import { freshServices } from './profile.js';
import { freePorts, settings } from './server.js';
import { until } from './until.js';

const SCRIPT = join(import.meta.dirname, '../../scripts/start-cluster.mjs');
export const STARTING_MS = 60_000;

/** `npm run start:cluster`: all of it on one port. */
export interface StartedCluster extends Addresses {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  /** The numbers of its processes by their names, as they are printed. */
  readonly processes: ReadonlyMap<string, number>;
  /** What it printed, but for the logs of its processes. */
  readonly printed: readonly string[];
}

/** Runs it until the test ends, on stores that nobody else uses; resolves when it is up. */
export async function startCluster(env: Environment = {}): Promise<StartedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-start-cluster-'));
  const [services, ports] = await Promise.all([freshServices(), freePorts()]);
  const { HTTP_PORT: port = '' } = await freePorts();
  const child = spawn(process.execPath, [SCRIPT, '--port', port], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      ...settings(folder, { LOG_PRETTY: 'false' }),
      ...ports,
      ...services.env,
      NODE_ID: undefined,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const processes = new Map<string, number>();
  const printed: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, name = '', pid = ''] = /^([\w-]+): process (\d+)$/.exec(line) ?? [];
    if (pid !== '') processes.set(name, Number(pid));
    if (!line.startsWith('{')) printed.push(line);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await services.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const http = `http://127.0.0.1:${port}`;
  const sockets = `ws://127.0.0.1:${port}/ws`;
  const isUp = async () => (await call(http, 'GET', '/health/ready')).status === 200;
  await until('the cluster is up', () => isUp().catch(() => false), STARTING_MS);
  return { processes, printed, child, ended, http, chat: `${sockets}/chat`, presence: `${sockets}/presence` };
}
