import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clock } from './clock.js';
import { freshServices, PROFILE } from './profile.js';
import { createApp, readConfig, type Addresses, type App, type Environment, type World } from '@parley/server';

/** Where a server is, or several that stand for one: each use of `addresses` may give another. */
export interface Reachable {
  readonly addresses: Addresses;
  /** Those of each server that stands for it. */
  readonly nodes: readonly Addresses[];
}

/** A whole server in this process, on free ports and stores of its own. */
export interface RunningServer extends Reachable {
  readonly dataDir: string;
  /** Its stores, for a tool that is run beside it. */
  readonly stores: Environment;
  /** Drains and stops; `start` again on the same folder with `restart`. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** From now on it is so much later, for the servers and their stores. */
  ahead(ms: number): Promise<void>;
  /** Stops and deletes the folder. */
  remove(): Promise<void>;
}

const QUIET = { LOG_LEVEL: 'silent', NODE_ENV: 'test', HTTP_PORT: '0', CHAT_PORT: '0', PRESENCE_PORT: '0' };
/** Tests are fast and many: what a limit does is told by the tests that set it. */
const UNLIMITED = {
  LIMIT_MESSAGES_PER_S: '0',
  LIMIT_HISTORY_PER_S: '0',
  LIMIT_TYPING_PER_S: '0',
  LIMIT_JOINS_PER_MIN: '0',
  LIMIT_FRAMES_PER_S: '0',
  LIMIT_LOGINS_PER_MIN: '0',
  LIMIT_LOGINS_PER_MIN_PER_ADDRESS: '0',
  LIMIT_REGISTRATIONS_PER_HOUR: '0',
  LIMIT_REQUESTS_PER_S: '0',
};

export function settings(dataDir: string, env: Environment = {}): Environment {
  return { ...QUIET, ...UNLIMITED, DATA_DIR: dataDir, ...env };
}

/** How many servers stand for one on the cluster: devices of one story are on different ones. */
export const NODES = PROFILE === 'cluster' ? 2 : 1;

/**
 * Starts a whole server in this process; on the cluster profile several, of which each use of `addresses` gives another.
 * `env`: settings beside those for tests.
 */
export async function startServer(
  env: Environment = {},
  world: Partial<World> = {},
  count = setsLimits(env) ? 1 : NODES,
): Promise<RunningServer> {
  const time = clock();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-'));
  const services = PROFILE === 'cluster' ? await freshServices() : null;
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const nodeEnv = { ...(await freePorts()), ...services?.env, NODE_ID: `node-${n + 1}`, ...env };
      return new Node(settings(dataDir, nodeEnv), { runtime: time.runtime, ...world });
    }),
  );
  const start = () => Promise.all(nodes.map((node) => node.start()));
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  await start();
  let turn = 0;
  return {
    get addresses() {
      return (nodes[turn++ % nodes.length] as Node).addresses;
    },
    get nodes() {
      return nodes.map((node) => node.addresses);
    },
    dataDir,
    stores: services?.env ?? {},
    stop,
    restart: async () => {
      await stop();
      await start();
    },
    ahead: async (ms) => {
      time.ahead(ms);
      await services?.clockAhead(time.aheadMs);
    },
    remove: async () => {
      await stop();
      await services?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What a limit allows is exact on one server; that servers share it is told by their contract. */
const setsLimits = (env: Environment) => Object.keys(env).some((name) => name.startsWith('LIMIT_'));

/** One server of this process. */
class Node {
  readonly #env: Environment;
  readonly #world: Partial<World>;
  #app: App | null = null;
  #addresses: Addresses | null = null;

  constructor(env: Environment, world: Partial<World>) {
    this.#env = env;
    this.#world = world;
  }

  get addresses(): Addresses {
    if (this.#addresses === null) throw new Error('the server has not been started');
    return this.#addresses;
  }

  async start(): Promise<void> {
    this.#app = await createApp(readConfig(this.#env, { terminal: false }), this.#world);
    const { http, chat, presence } = await this.#app.start();
    if (http === undefined || chat === undefined || presence === undefined) throw new Error('the server has not every role');
    this.#addresses = { http, chat, presence };
  }

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    await app?.close();
  }
}

export const portOf = (url: string) => new URL(url).port;

/** The system gives ports of 32768 and up to whoever asks for port 0: one from below is free again after a restart. */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;

export async function freePorts(): Promise<Environment> {
  const ports: string[] = [];
  while (ports.length < 3) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) ports.push(String(port));
  }
  const [HTTP_PORT, CHAT_PORT, PRESENCE_PORT] = ports;
  return { HTTP_PORT, CHAT_PORT, PRESENCE_PORT };
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
