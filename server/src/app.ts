import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Accounts } from './chat/accounts.js';
import { Chats } from './chat/chats.js';
import { Delivery } from './chat/delivery.js';
import { Door } from './chat/door.js';
import { Groups } from './chat/groups.js';
import { History } from './chat/history.js';
import { Hub } from './chat/hub.js';
import { Inbox } from './chat/inbox.js';
import { Messages } from './chat/messages.js';
import { Names } from './chat/names.js';
import { Offline } from './chat/offline.js';
import { Presence } from './chat/presence.js';
import { Receipts } from './chat/receipts.js';
import { Rosters } from './chat/rosters.js';
import { Sessions } from './chat/sessions.js';
import { Typing } from './chat/typing.js';
import type { Config } from './config.js';
import { openChatDoor } from './edge/chat-door.js';
import { textFrame } from './edge/frame.js';
import { Health } from './edge/health.js';
import { buildHttpApi } from './edge/http/http-api.js';
import { socketsOnly } from './edge/http/sockets-only.js';
import { openLimits } from './edge/limits.js';
import { openPresenceDoor } from './edge/presence-door.js';
import { SocketServer, type SocketKind } from './edge/socket-server.js';
import { socketLog } from './edge/socket-log.js';
import { Tokens } from './edge/tokens.js';
import { openEmbedded } from './embedded/open.js';
import { openLogger } from './host/logger.js';
import { Metrics } from './host/metrics.js';
import { Argon2Passwords } from './host/passwords.js';
import { processRuntime } from './host/runtime.js';
import { keptSecret } from './host/secret.js';
import type { Logger } from './ports/logger.js';
import type { Runtime } from './ports/runtime.js';
import { retentionJobs, Worker } from './worker/worker.js';

export const VERSION = '0.1.0';
const FLUSH_PRESENCE_MS = 5_000;
const GAUGE_MS = 5_000;

/** What a test may put in place of the real thing. */
export interface World {
  runtime: Runtime;
  logger: Logger;
}

/** Where a running server is reached. Ports are the real ones, also where 0 was asked for. */
export interface Addresses {
  http: string;
  chat: string;
  presence: string;
}

export interface App {
  /** Opens the doors, and says where they are. */
  start(): Promise<Addresses>;
  /** Drains: no new connections, what is under way is finished, clients are sent elsewhere, then everything closes (D10). */
  close(): Promise<void>;
  /** Resolves with the fault that makes going on impossible, such as a disk that does not sync. */
  readonly failed: Promise<Error>;
}

/** Builds a whole server. Nothing else wires its parts. */
export async function createApp(config: Config, world: Partial<World> = {}): Promise<App> {
  // 1. What the machine gives.
  const runtime = world.runtime ?? processRuntime;
  const logger = world.logger ?? (await openLogger(config.log));
  const meter = new Metrics();
  const onError = (error: unknown) => logger.error({ err: error }, 'a background task failed');
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  // 2. The stores.
  const stores = await openEmbedded({ dataDir: config.dataDir, runtime, meter, onFatal: (error) => fail(error) });
  const secret = config.auth.jwtSecret ?? keptSecret(config.dataDir);
  const passwords = new Argon2Passwords({ atOnce: config.auth.hashesAtOnce });

  // 3. The chat: knows ports, not sockets.
  const { log, conversations, contacts, inbox: inboxes, offline: offlineQueue } = stores;
  const hub = new Hub();
  const names = new Names(stores.accounts, meter);
  const rosters = new Rosters(conversations, meter);
  const offline = new Offline(offlineQueue, runtime, onError);
  const delivery = new Delivery({ hub, relay: null, heard: null, rosters, names, offline, meter, runtime, onError, encode: textFrame });
  const presence = new Presence({
    accounts: stores.accounts,
    contacts,
    names,
    runtime,
    encode: textFrame,
    board: null,
    relay: null,
    graceMs: config.presence.graceMs,
    onError,
  });
  const door = new Door(conversations);
  const sessions = new Sessions(stores.sessions, runtime, { tokenTtlMs: config.auth.tokenTtlMs });
  const accounts = await Accounts.open({ store: stores.accounts, sessions, passwords, runtime });
  accounts.onProfileChanged((me) => presence.hide(me.userId, me.invisible));
  const chats = new Chats({ conversations, contacts, names, delivery, runtime, friends: presence });
  const groups = new Groups({
    conversations,
    contacts,
    log,
    door,
    names,
    delivery,
    friends: presence,
    runtime,
    maxMembers: config.groups.maxMembers,
  });
  const messages = new Messages({ log, chats, rosters, door, delivery, runtime, meter });
  const history = new History({ door, log, names, meter, runtime });
  const inbox = new Inbox({ inbox: inboxes, names, runtime, meter });
  const receipts = new Receipts({ log, rosters, names, delivery, offline, runtime });
  const typing = new Typing(rosters, delivery);

  // 4. The doors.
  const limits = openLimits(config.limits, () => runtime.monotonic());
  const tokens = new Tokens(secret, sessions, runtime);
  const health = new Health({
    runtime,
    checks: { store: () => stores.maintenance.check() },
    version: VERSION,
    profile: config.profile,
    roles: config.roles,
  });
  const sockets = new SocketServer({
    chat: openChatDoor({
      hub,
      relay: null,
      presence,
      offline: offlineQueue,
      limits,
      runtime,
      onError,
      chats,
      groups,
      messages,
      history,
      inbox,
      receipts,
      typing,
    }),
    presence: openPresenceDoor(presence, limits, runtime, onError),
    tokens,
    runtime,
    meter,
    log: socketLog(logger),
    options: {
      origins: config.doors.corsOrigins,
      trustedProxies: config.doors.trustedProxies,
      connectionsPerAddress: config.limits.connectionsPerAddress,
      connectionsPerUser: config.limits.connectionsPerUser,
      frames: config.limits.frames,
      heartbeat: { pingAfterS: config.sockets.heartbeatMs / 1_000, timeoutS: config.sockets.heartbeatTimeoutMs / 1_000 },
    },
  });
  sessions.onEnded((sessionIds) => sockets.endSessions(sessionIds));
  const api = buildHttpApi({
    options: {
      version: VERSION,
      tls: config.listen.tls,
      corsOrigins: config.doors.corsOrigins,
      trustedProxies: config.doors.trustedProxies,
      metricsToken: config.doors.metricsToken,
    },
    runtime,
    logger,
    meter,
    metrics: meter,
    limits,
    tokens,
    health,
    accounts,
    sessions,
    chats,
    groups,
    history,
    inbox,
  });
  const chatServer = socketsOnly(config.listen.tls);
  const presenceServer = socketsOnly(config.listen.tls);
  const worker = new Worker(
    [
      ...retentionJobs(
        {
          purgeSends: (before, limit) => stores.maintenance.purgeSends(before, limit),
          purgeSessions: (now, limit) => stores.sessions.purge(now, limit),
        },
        runtime,
      ),
      { name: 'write down last seen', everyMs: FLUSH_PRESENCE_MS, run: async () => (await presence.flush(), false) },
      {
        name: 'gauge',
        everyMs: GAUGE_MS,
        run: async () => {
          meter.set('offline_rows', await offlineQueue.size());
          const { chat, presence: watching } = sockets.counts();
          meter.set('connections_chat', chat);
          meter.set('connections_presence', watching);
          return false;
        },
      },
    ],
    runtime,
    (error, job) => logger.error({ err: error, job }, 'a job failed'),
  );

  return {
    failed,
    async start() {
      await api.ready();
      sockets.serve(api.server, (path) => socketAt(path));
      sockets.serve(chatServer, () => 'chat');
      sockets.serve(presenceServer, () => 'presence');
      const { host, httpPort, chatPort, presencePort, tls } = config.listen;
      sockets.start();
      worker.start();
      await api.listen({ host, port: httpPort });
      await Promise.all([listen(chatServer, host, chatPort), listen(presenceServer, host, presencePort)]);
      const s = tls === null ? '' : 's';
      return {
        http: `http${s}://${authority(api.server)}`,
        chat: `ws${s}://${authority(chatServer)}`,
        presence: `ws${s}://${authority(presenceServer)}`,
      };
    },
    async close() {
      health.drain();
      await sockets.drain();
      await Promise.all([api.close(), shut(chatServer), shut(presenceServer)]);
      await worker.close();
      await presence.stop();
      await stores.close();
    },
  };
}

/** Both sockets are also on the HTTP port, so that one port and one certificate are enough. */
function socketAt(path: string): SocketKind | null {
  if (path === '/ws/chat') return 'chat';
  return path === '/ws/presence' ? 'presence' : null;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function authority(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `${host}:${port}`;
}
