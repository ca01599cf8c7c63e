import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Closing } from './chat/closing.js';
import { ConversationSettings } from './chat/conversation-settings.js';
import { Export } from './chat/export.js';
import { Operators } from './chat/operators.js';
import type { Config } from './config.js';
import { Health } from './edge/health.js';
import { buildHttpApi } from './edge/http/http-api.js';
import { operationOnly, socketsOnly } from './edge/http/sockets-only.js';
import { Numbers } from './edge/numbers.js';
import { SocketServer } from './edge/socket-server.js';
import type { SocketKind } from './edge/sockets.js';
import { Tokens } from './edge/tokens.js';
import { embeddedProfile } from './embedded/profile.js';
import { openLogger } from './host/logger.js';
import { Metrics } from './host/metrics.js';
import { Argon2Passwords } from './host/passwords.js';
import { processRuntime } from './host/runtime.js';
import { keptSecret } from './host/secret.js';
import { BUILT_WEB_FOLDER } from './host/web-folder.js';
import type { Logger } from './ports/logger.js';
import type { Profile, ProfileParts } from './ports/profile.js';
import type { Runtime } from './ports/runtime.js';
import type { ServerRole } from './settings.js';
import { levelOf, wire } from './wiring.js';
import { Worker } from './worker/worker.js';

export const VERSION = '0.1.0';
const GAUGE_MS = 5_000;

/** What a test may put in place of the real thing. */
export interface World {
  runtime: Runtime;
  logger: Logger;
  /** Puts something between the chat and its stores and other servers. */
  around: (profile: Profile) => Profile;
}

/** Where a running server is reached, as far as its roles go. Ports are the real ones, also where 0 was asked for. */
export interface Addresses {
  http: string;
  chat: string;
  presence: string;
  /** Of a process without any of these. */
  health?: string;
}

export interface App {
  /** Opens the doors, and says where they are. */
  start(): Promise<Partial<Addresses>>;
  /** Drains: no new connections, what is under way is finished, clients are sent elsewhere, then everything closes (D10). */
  close(): Promise<void>;
  /** Resolves with the fault that makes going on impossible, such as a disk that does not sync. */
  readonly failed: Promise<Error>;
}

/** Builds a whole server: the chat of `wiring.ts` on its stores, with HTTP around it. */
export async function createApp(config: Config, world: Partial<World> = {}): Promise<App> {
  const does = (role: ServerRole) => config.roles.includes(role);
  // 1. What the machine gives.
  const runtime = world.runtime ?? processRuntime;
  const logger = world.logger ?? (await openLogger(config.log));
  const meter = new Metrics();
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  // 2. The stores, and the way to other servers.
  const opened = await openProfile(config, { runtime, meter, logger, roles: config.roles, onFatal: (error) => fail(error) });
  const profile = world.around?.(opened) ?? opened;
  const { stores, others } = profile;

  // 3. The chat, and the doors of its sockets.
  const secret = config.auth.jwtSecret ?? keptSecret(config.dataDir);
  const passwords = new Argon2Passwords({ atOnce: config.auth.hashesAtOnce });
  const chat = wire({ config, profile, passwords, runtime, meter, logger });
  const { accounts, chats, delivery, groups, history, inbox, limits, names, sessions, sockets } = chat;
  const { conversations } = stores;

  // 4. What only HTTP asks for.
  const settings = new ConversationSettings({ conversations, delivery, runtime });
  const closing = new Closing({ accounts, sessions, conversations, chats, groups });
  const operators = new Operators({
    accounts: stores.accounts,
    sessions,
    audit: stores.audit,
    queues: profile.queues,
    runtime,
  });
  const exports = new Export({ accounts, sessions, chats, conversations, log: stores.log, names, runtime });
  const health = new Health({
    runtime,
    checks: profile.checks,
    version: VERSION,
    profile: config.profile,
    roles: config.roles,
  });
  meter.onRender(async () => {
    const { checks } = await health.read();
    for (const [part, outcome] of Object.entries(checks)) meter.part(part, outcome !== 'failing');
  });
  const numbers = new Numbers({
    server: config.cluster?.nodeId ?? config.profile,
    version: VERSION,
    roles: config.roles,
    hasArchive: config.cluster !== null,
    readings: meter,
    connections: () => sockets.counts(),
    memoryBytes: () => process.memoryUsage.rss(),
    offline: stores.offline,
    fleet: others?.fleet ?? null,
    runtime,
  });

  // 5. HTTP, and the upgrades to both sockets.
  const tokens = new Tokens(secret, sessions, runtime);
  const upgrades = new SocketServer({
    sockets,
    tokens,
    runtime,
    log: chat.socketLines,
    options: { origins: config.doors.corsOrigins, trustedProxies: config.doors.trustedProxies },
  });
  const api = buildHttpApi({
    options: {
      version: VERSION,
      tls: config.listen.tls,
      corsOrigins: config.doors.corsOrigins,
      trustedProxies: config.doors.trustedProxies,
      metricsToken: config.doors.metricsToken,
      webFolder: config.webDir ?? BUILT_WEB_FOLDER,
    },
    runtime,
    logger,
    meter,
    metrics: meter,
    limits,
    tokens,
    health,
    numbers,
    operators,
    accounts,
    sessions,
    chats,
    settings,
    exports,
    closing,
    groups,
    history,
    inbox,
  });
  const chatServer = socketsOnly(api, config.listen.tls);
  const presenceServer = socketsOnly(api, config.listen.tls);
  const operationServer = operationOnly(api, config.listen.tls);
  const worker = new Worker(
    [
      ...(does('worker') ? profile.jobs : []),
      ...chat.jobs,
      {
        name: 'gauge',
        everyMs: GAUGE_MS,
        run: async () => {
          // Of the whole installation: that a few count it is enough.
          if (does('worker')) meter.set('offline_rows', await stores.offline.size());
          const { chat: chatting, presence: watching } = sockets.counts();
          meter.set('connections_chat', chatting);
          meter.set('connections_presence', watching);
          await numbers.tick();
          return false;
        },
      },
    ],
    runtime,
    (error, job) => logger[levelOf(error)]({ err: error, job }, 'a job failed'),
  );

  return {
    failed,
    async start() {
      await api.ready();
      upgrades.serve(api.server, (path) => socketAt(path, config.roles));
      upgrades.serve(chatServer, () => 'chat');
      upgrades.serve(presenceServer, () => 'presence');
      await chat.start();
      worker.start();
      const { host, httpPort, chatPort, presencePort, tls } = config.listen;
      const s = tls === null ? '' : 's';
      const addresses: Partial<Addresses> = {};
      if (does('api')) {
        await onPort('HTTP_PORT', httpPort, () => api.listen({ host, port: httpPort }));
        addresses.http = `http${s}://${authority(api.server)}`;
      }
      if (does('chat'))
        addresses.chat = `ws${s}://${await onPort('CHAT_PORT', chatPort, () => listen(chatServer, host, chatPort))}`;
      if (does('presence')) {
        const opened = await onPort('PRESENCE_PORT', presencePort, () => listen(presenceServer, host, presencePort));
        addresses.presence = `ws${s}://${opened}`;
      }
      // Whoever looks after a process asks it how it is, whatever its roles.
      if (!does('api') && !does('chat') && !does('presence')) {
        const opened = await onPort('HTTP_PORT', httpPort, () => listen(operationServer, host, httpPort));
        addresses.health = `http${s}://${opened}/health`;
      }
      return addresses;
    },
    async close() {
      health.drain();
      // Whoever shares or balances these ports gives new connections to others from now on.
      const shutting = [shut(chatServer), shut(presenceServer)];
      await sockets.drain();
      for (const server of [chatServer, presenceServer]) server.closeAllConnections();
      await Promise.all([api.close(), ...shutting, shut(operationServer)]);
      await worker.close();
      await chat.close();
    },
  };
}

/** The cluster's packages are loaded only where they are used. */
async function openProfile({ cluster, dataDir }: Config, parts: ProfileParts): Promise<Profile> {
  if (cluster === null) return embeddedProfile(dataDir, parts);
  const { clusterProfile } = await import('./cluster/profile.js');
  return clusterProfile(cluster, parts);
}

/** Both sockets are also on the HTTP port, so that one port and one certificate are enough. */
function socketAt(path: string, roles: Config['roles']): SocketKind | null {
  if (path === '/ws/chat' && roles.includes('chat')) return 'chat';
  return path === '/ws/presence' && roles.includes('presence') ? 'presence' : null;
}

/** Says of a port that cannot be had which setting it comes from. */
async function onPort<T>(setting: string, port: number, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Error(`${setting} ${port} is in use by another program: stop that, or set another port (0: any free one)`, {
        cause: error,
      });
    if (code === 'EACCES')
      throw new Error(`${setting} ${port} may not be opened by this user: ports below 1024 are root's`, { cause: error });
    throw error;
  }
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  return authority(server);
}

/** Takes no more connections; resolves when those that there are have ended. */
async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function authority(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `${host}:${port}`;
}
