import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Server } from '../generator/plan.js';
import { Child } from './child.js';

export const ROOT = join(import.meta.dirname, '../../..');
/** What `npm start` runs, from the root. */
export const SERVER = 'server/dist/bundle/main.js';
export const MAIN = join(ROOT, SERVER);
const PROFILER = pathToFileURL(join(import.meta.dirname, 'profile-thread.js')).href;

/** The limits that would refuse what a load does; `0` turns one off. */
const LIMITS_OFF = [
  'LIMIT_MESSAGES_PER_S',
  'LIMIT_HISTORY_PER_S',
  'LIMIT_TYPING_PER_S',
  'LIMIT_JOINS_PER_MIN',
  'LIMIT_FRAMES_PER_S',
  'LIMIT_LOGINS_PER_MIN',
  'LIMIT_LOGINS_PER_MIN_PER_ADDRESS',
  'LIMIT_REGISTRATIONS_PER_HOUR',
  'LIMIT_REQUESTS_PER_S',
  'LIMIT_CONNECTIONS_PER_ADDRESS',
  'LIMIT_CONNECTIONS_PER_USER',
];

export interface ServerOptions {
  dataDir: string;
  jwtSecret: string;
  /** Where to write what V8's profiler saw, if anywhere. */
  profileDir: string | null;
  /** Settings beside those of every run. */
  env?: NodeJS.ProcessEnv;
}

/** Settings of a server as it is deployed, but for its limits, on whatever ports are free. */
export function serverEnvironment({ dataDir, jwtSecret }: Pick<ServerOptions, 'dataDir' | 'jwtSecret'>): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    CHAT_PORT: '0',
    PRESENCE_PORT: '0',
    LOG_LEVEL: 'info',
    DATA_DIR: dataDir,
    JWT_SECRET: jwtSecret,
    ...Object.fromEntries(LIMITS_OFF.map((name) => [name, '0'])),
  };
}

/** Settings of a process that is to write down what V8's profiler saw, if anywhere. */
export const profiling = (dir: string | null): NodeJS.ProcessEnv =>
  dir === null ? {} : { NODE_OPTIONS: `--import=${PROFILER}`, BENCH_PROFILE_DIR: dir };

export function serverAt(url: string): Server {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port), path: '/' };
}

export const newSecret = (): string => randomBytes(36).toString('base64');

/** The server under test: a process of its own, as `npm start` runs it. */
export class ParleyServer {
  readonly pid: number;
  readonly httpUrl: string;
  readonly chat: Server;
  readonly #child: Child;

  private constructor(child: Child, addresses: { http: string; chat: string }) {
    this.#child = child;
    this.pid = child.pid;
    this.httpUrl = addresses.http;
    this.chat = serverAt(addresses.chat);
  }

  /** Resolves once its doors are open. */
  static async start({ profileDir, env, ...options }: ServerOptions): Promise<ParleyServer> {
    mkdirSync(options.dataDir, { recursive: true });
    // The folder of the data is also its working folder, lest it read somebody's `.env`.
    const child = new Child(process.execPath, [MAIN], {
      cwd: options.dataDir,
      env: { ...serverEnvironment(options), ...profiling(profileDir), ...env },
    });
    return new ParleyServer(child, await child.line(addressesIn));
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

/** Its log says where it is. */
function addressesIn(line: string): { http: string; chat: string } | null {
  if (!line.includes('"Parley is up"')) return null;
  const { http, chat } = JSON.parse(line) as { http: string; chat: string };
  return { http, chat };
}
