import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Addresses, Environment } from '@parley/server';
import { onTestFinished } from 'vitest';
import { freshServices, PROFILE, type FreshServices } from './profile.js';
import { freePorts, settings, type Reachable } from './server.js';

const MAIN = join(import.meta.dirname, '../../server/dist/bundle/main.js');
/** The same, but it stops itself where `STOP_AT` says. */
const STOPPING = join(import.meta.dirname, 'stopping-server.mjs');

/** A server as a process of its own, which can be killed. */
export interface ServerProcess {
  readonly addresses: Addresses;
  readonly child: ChildProcess;
  /** Sends the signal, and resolves with the exit code; null: the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();
/** On the cluster profile, the stores of the servers that share a folder. */
const servicesOf = new Map<string, Promise<FreshServices>>();

/** Spawns a server on a folder, and waits until it is up. On ports that it can have again after a restart. */
export async function spawnServer(dataDir: string, env: Environment = {}): Promise<ServerProcess> {
  const child = launch(dataDir, { ...(await freePorts()), ...(await storesOf(dataDir)), ...env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const addresses = await upAt(child);
  if (addresses === null) throw new Error(`the server ended before it was up: ${String(await exited)}`);
  return {
    addresses,
    child,
    kill: async (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Several servers on the same stores, each a process of its own. */
export interface ServerProcesses extends Reachable {
  readonly dataDir: string;
  readonly processes: readonly ServerProcess[];
  /** One more, or one again. */
  spawn(env: Environment): Promise<ServerProcess>;
  /** Kills those that are left, and deletes what they stored. */
  remove(): Promise<void>;
}

/** Spawns servers that end with the test: one for each of these settings. */
export async function spawnServers(...envs: Environment[]): Promise<ServerProcesses> {
  const servers = await spawnGroup(...envs);
  onTestFinished(() => servers.remove());
  return servers;
}

/** The same for several tests: who spawns them removes them. */
export async function spawnGroup(...envs: Environment[]): Promise<ServerProcesses> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-processes-'));
  const remove = async () => {
    await killServers();
    await (await servicesOf.get(dataDir))?.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const processes = await Promise.all(envs.map((env, n) => spawnServer(dataDir, { NODE_ID: `node-${n + 1}`, ...env })));
    const nodes = processes.map(({ addresses }) => addresses);
    const [first] = nodes;
    if (first === undefined) throw new Error('one server at least');
    return { dataDir, processes, nodes, addresses: first, spawn: (env) => spawnServer(dataDir, env), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Kills what a failed test left running. */
export async function killServers(): Promise<void> {
  const left = [...running];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(left.map((child) => once(child, 'exit')));
}

/** Runs a server that is expected to refuse to start: its exit code, and what it said. */
export async function failedStart(dataDir: string, env: Environment = {}): Promise<{ code: number | null; said: string }> {
  const child = launch(dataDir, { ...(await storesOf(dataDir)), ...env });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
  const up = upAt(child).then((addresses) => {
    if (addresses !== null) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await up;
  return { code, said };
}

async function storesOf(dataDir: string): Promise<Environment> {
  if (PROFILE === 'embedded') return {};
  const services = servicesOf.get(dataDir) ?? freshServices();
  servicesOf.set(dataDir, services);
  return (await services).env;
}

function launch(dataDir: string, env: Environment): ChildProcess {
  return spawn(process.execPath, [env['STOP_AT'] === undefined ? MAIN : STOPPING], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'], ...settings(dataDir, { LOG_LEVEL: 'info', LOG_PRETTY: 'false', ...env }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Reads the log up to the line that says where the server is; null if it ends before. The rest is read and dropped. */
async function upAt(child: ChildProcess): Promise<Addresses | null> {
  if (child.stdout === null) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as Partial<Addresses> & { msg?: string };
      const { http = '', chat = '', presence = '', health, msg } = entry;
      if (msg === 'Parley is up') resolve({ http, chat, presence, ...(health !== undefined && { health }) });
    });
    lines.on('close', () => resolve(null));
  });
}
