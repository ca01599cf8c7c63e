import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, readConfig, type Addresses, type App, type Environment, type World } from '@parley/server';

/** A whole server in this process, on free ports and a folder of its own. */
export interface RunningServer {
  readonly addresses: Addresses;
  readonly dataDir: string;
  /** Drains and stops; `start` again on the same folder with `restart`. */
  stop(): Promise<void>;
  restart(): Promise<void>;
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

/** Starts a whole server in this process. `env`: settings beside those for tests. */
export async function startServer(env: Environment = {}, world: Partial<World> = {}): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-'));
  let app: App | null = null;
  let addresses: Addresses;
  // A restarted server is found where it was.
  const ports = await freePorts();
  const start = async () => {
    app = await createApp(readConfig(settings(dataDir, { ...ports, ...env }), { terminal: false }), world);
    const { http, chat, presence } = await app.start();
    if (http === undefined || chat === undefined || presence === undefined) throw new Error('the server has not every role');
    addresses = { http, chat, presence };
  };
  const stop = async () => {
    await app?.close();
    app = null;
  };
  await start();
  return {
    get addresses() {
      return addresses;
    },
    dataDir,
    stop,
    restart: async () => {
      await stop();
      await start();
    },
    remove: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
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
