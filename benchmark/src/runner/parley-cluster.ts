import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Server } from '../generator/plan.js';
import { Child } from './child.js';
import { MAIN, newSecret, profiling, ROOT, serverAt, serverEnvironment } from './parley-server.js';
import { Services } from './services.js';

const MIGRATE = join(ROOT, 'server/dist/tools/db.js');

/** What runs, under the names of `npm run start:cluster`. */
const PROCESSES = { 'api-1': 'api', 'chat-1': 'chat', 'chat-2': 'chat', 'presence-1': 'presence', 'worker-1': 'worker' } as const;
export type ProcessName = keyof typeof PROCESSES;

/** One process of one role. */
export interface RoleServer {
  name: ProcessName;
  pid: number;
  /** As its log says them. */
  addresses: { http?: string; chat?: string; presence?: string; health?: string };
  metricsUrl: string;
  child: Child;
}

export interface ClusterPlaces {
  dataDir: string;
  /** Where each process writes, in a folder of its own, what V8's profiler saw; null: nowhere. */
  profileDir: string | null;
}

/** A whole cluster on this machine: its services, and the processes of each role from the bundle. */
export class ParleyCluster {
  readonly services: Services;
  readonly servers: readonly RoleServer[];

  private constructor(services: Services, servers: readonly RoleServer[]) {
    this.services = services;
    this.servers = servers;
  }

  static async start({ dataDir, profileDir }: ClusterPlaces, say: (what: string) => void): Promise<ParleyCluster> {
    say('bringing up PostgreSQL, Redis and Cassandra');
    const services = await Services.start(join(dataDir, 'services'));
    const servers: RoleServer[] = [];
    try {
      const env = {
        ...serverEnvironment({ dataDir, jwtSecret: newSecret() }),
        PROFILE: 'cluster',
        ...services.env,
      };
      say('migrating a fresh database and keyspace');
      await promisify(execFile)(process.execPath, [MIGRATE, 'migrate'], { cwd: dataDir, env });
      say(`starting ${Object.keys(PROCESSES).join(', ')}`);
      for (const name of Object.keys(PROCESSES) as ProcessName[]) servers.push(await startRole(name, env, dataDir, profileDir));
      return new ParleyCluster(services, servers);
    } catch (error) {
      await end(services, servers);
      throw error;
    }
  }

  get httpUrl(): string {
    return this.server('api-1').addresses.http ?? '';
  }

  chat(name: 'chat-1' | 'chat-2'): Server {
    return serverAt(this.server(name).addresses.chat ?? '');
  }

  server(name: ProcessName): RoleServer {
    const server = this.servers.find((candidate) => candidate.name === name);
    if (server === undefined) throw new Error(`there is no ${name}`);
    return server;
  }

  /** What the processes logged as errors, each process and message once. */
  errors(): string[] {
    const said = this.servers.flatMap(({ name, child }) =>
      child.kept.map((line) => {
        const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
        return `${name} logged an error: ${msg ?? line}: ${err?.message ?? ''}`;
      }),
    );
    return [...new Set(said)];
  }

  stop(): Promise<void> {
    return end(this.services, this.servers);
  }
}

async function startRole(
  name: ProcessName,
  env: NodeJS.ProcessEnv,
  dataDir: string,
  profileDir: string | null,
): Promise<RoleServer> {
  const cwd = join(dataDir, name);
  mkdirSync(cwd, { recursive: true });
  const own = { ROLES: PROCESSES[name], NODE_ID: name, DATA_DIR: cwd };
  // The folder of the data is also its working folder, lest it read somebody's `.env`.
  const profiled = profiling(profileDir === null ? null : join(profileDir, name));
  const child = new Child(process.execPath, [MAIN], { cwd, env: { ...env, ...own, ...profiled } }, '"level":"error"');
  const addresses = await child.line((line) =>
    line.includes('"Parley is up"') ? (JSON.parse(line) as RoleServer['addresses']) : null,
  );
  return { name, pid: child.pid, addresses, metricsUrl: metricsUrlOf(addresses), child };
}

/** Each of its ports answers. */
function metricsUrlOf({ http, chat, presence, health }: RoleServer['addresses']): string {
  const { host } = new URL(http ?? chat ?? presence ?? health ?? '');
  return `http://${host}`;
}

async function end(services: Services, servers: readonly RoleServer[]): Promise<void> {
  await Promise.all(servers.map(({ child }) => child.stop()));
  await services.stop();
}
