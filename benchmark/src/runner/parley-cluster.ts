import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Server } from '../generator/plan.js';
import { Child } from './child.js';
import { MAIN, newSecret, profiling, ROOT, serverAt, serverEnvironment } from './parley-server.js';
import { Services } from './services.js';

const MIGRATE = join(ROOT, 'server/dist/tools/db.js');

/** What runs, under the names of `npm run start:cluster`: each its role, and a number. */
const PROCESSES = ['api-1', 'chat-1', 'chat-2', 'presence-1', 'worker-1'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** One process of one role. */
export interface RoleServer {
  name: string;
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
  /** The settings that all of them have. */
  readonly env: NodeJS.ProcessEnv;
  readonly jwtSecret: string;
  readonly #places: ClusterPlaces;

  private constructor(
    services: Services,
    servers: readonly RoleServer[],
    rest: { env: NodeJS.ProcessEnv; jwtSecret: string; places: ClusterPlaces },
  ) {
    this.env = rest.env;
    this.jwtSecret = rest.jwtSecret;
    this.#places = rest.places;
    this.services = services;
    this.servers = servers;
  }

  static async start({ dataDir, profileDir }: ClusterPlaces, say: (what: string) => void): Promise<ParleyCluster> {
    say('bringing up PostgreSQL, Redis and Cassandra');
    const services = await Services.start(join(dataDir, 'services'));
    const servers: RoleServer[] = [];
    try {
      const jwtSecret = newSecret();
      const env = { ...serverEnvironment({ dataDir, jwtSecret }), PROFILE: 'cluster', ...services.env };
      say('migrating a fresh database and keyspace');
      await promisify(execFile)(process.execPath, [MIGRATE, 'migrate'], { cwd: dataDir, env });
      const places = { dataDir, profileDir };
      say(`starting ${PROCESSES.join(', ')}`);
      for (const name of PROCESSES) servers.push(await startRole(name, env, places));
      return new ParleyCluster(services, servers, { env, jwtSecret, places });
    } catch (error) {
      await end(services, servers);
      throw error;
    }
  }

  get httpUrl(): string {
    return this.server('api-1').addresses.http ?? '';
  }

  chat(name: 'chat-1' | 'chat-2'): Server {
    return chatAt(this.server(name));
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

  /** One process more, for a while. */
  async withAnother<T>(name: string, use: (server: RoleServer) => Promise<T>): Promise<T> {
    const server = await startRole(name, this.env, this.#places);
    try {
      return await use(server);
    } finally {
      await server.child.stop();
    }
  }

  stop(): Promise<void> {
    return end(this.services, this.servers);
  }
}

async function startRole(name: string, env: NodeJS.ProcessEnv, { dataDir, profileDir }: ClusterPlaces): Promise<RoleServer> {
  const cwd = join(dataDir, name);
  mkdirSync(cwd, { recursive: true });
  const own = { ROLES: name.replace(/-\d+$/, ''), NODE_ID: name, DATA_DIR: cwd };
  // The folder of the data is also its working folder, lest it read somebody's `.env`.
  const profiled = profiling(profileDir === null ? null : join(profileDir, name));
  const child = new Child(process.execPath, [MAIN], { cwd, env: { ...env, ...own, ...profiled } }, '"level":"error"');
  const addresses = await child.line((line) =>
    line.includes('"Parley is up"') ? (JSON.parse(line) as RoleServer['addresses']) : null,
  );
  return { name, pid: child.pid, addresses, metricsUrl: metricsUrlOf(addresses), child };
}

export const chatAt = ({ addresses }: RoleServer): Server => serverAt(addresses.chat ?? '');

/** Each of its ports answers. */
function metricsUrlOf({ http, chat, presence, health }: RoleServer['addresses']): string {
  const { host } = new URL(http ?? chat ?? presence ?? health ?? '');
  return `http://${host}`;
}

async function end(services: Services, servers: readonly RoleServer[]): Promise<void> {
  await Promise.all(servers.map(({ child }) => child.stop()));
  await services.stop();
}
