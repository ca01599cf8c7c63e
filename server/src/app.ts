import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from '@parley/protocol';
import { Accounts } from './chat/accounts.js';
import { Arrivals } from './chat/arrivals.js';
import { Chats } from './chat/chats.js';
import { Closing } from './chat/closing.js';
import { ConversationSettings } from './chat/conversation-settings.js';
import { Delivery } from './chat/delivery.js';
import { Door } from './chat/door.js';
import { Export } from './chat/export.js';
import { Groups } from './chat/groups.js';
import { Healing } from './chat/healing.js';
import { Heard } from './chat/heard.js';
import { History } from './chat/history.js';
import { Hub } from './chat/hub.js';
import { Inbox } from './chat/inbox.js';
import { Messages } from './chat/messages.js';
import { Names } from './chat/names.js';
import { Offline } from './chat/offline.js';
import { Operators } from './chat/operators.js';
import { Presence } from './chat/presence.js';
import { Profiles } from './chat/profiles.js';
import { Receipts } from './chat/receipts.js';
import { refusalFrom } from './chat/refused.js';
import { Rosters } from './chat/rosters.js';
import { Sessions } from './chat/sessions.js';
import { Typing } from './chat/typing.js';
import type { Config } from './config.js';
import { openChatDoor } from './edge/chat-door.js';
import { textFrame } from './edge/frame.js';
import { Health } from './edge/health.js';
import { buildHttpApi } from './edge/http/http-api.js';
import { operationOnly, socketsOnly } from './edge/http/sockets-only.js';
import { openLimits } from './edge/limits.js';
import { Numbers } from './edge/numbers.js';
import { openPresenceDoor } from './edge/presence-door.js';
import { SocketServer, type SocketKind } from './edge/socket-server.js';
import { socketLog } from './edge/socket-log.js';
import { Tokens } from './edge/tokens.js';
import { embeddedProfile } from './embedded/profile.js';
import { openLogger } from './host/logger.js';
import { Metrics } from './host/metrics.js';
import { Argon2Passwords } from './host/passwords.js';
import { processRuntime } from './host/runtime.js';
import { keptSecret } from './host/secret.js';
import { BUILT_WEB_FOLDER } from './host/web-folder.js';
import type { Logger } from './ports/logger.js';
import type { Job, Profile, ProfileParts } from './ports/profile.js';
import type { Runtime } from './ports/runtime.js';
import type { ServerRole } from './settings.js';
import { Worker } from './worker/worker.js';

export const VERSION = '0.1.0';
const FLUSH_PRESENCE_MS = 5_000;
/** A row for each person who is here: of a million, 3,300 updates a second. */
const NOTE_PRESENCE_MS = 300_000;
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

/** Builds a whole server. Nothing else wires its parts. */
export async function createApp(config: Config, world: Partial<World> = {}): Promise<App> {
  const does = (role: ServerRole) => config.roles.includes(role);
  // 1. What the machine gives.
  const runtime = world.runtime ?? processRuntime;
  const logger = world.logger ?? (await openLogger(config.log));
  const meter = new Metrics();
  // What a store refuses for now is told by the store, once; only what nobody foresaw is a fault of ours.
  const levelOf = (error: unknown) => (refusalFrom(error) instanceof Refusal ? 'debug' : 'error');
  const onError = (error: unknown) => logger[levelOf(error)]({ err: error }, 'a background task failed');
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  // 2. The stores, and the way to other servers.
  const opened = await openProfile(config, { runtime, meter, logger, roles: config.roles, onFatal: (error) => fail(error) });
  const profile = world.around?.(opened) ?? opened;
  const { stores, others } = profile;
  const relay = others?.relay ?? null;
  const heard = others === null ? null : new Heard(runtime);
  const secret = config.auth.jwtSecret ?? keptSecret(config.dataDir);
  const passwords = new Argon2Passwords({ atOnce: config.auth.hashesAtOnce });

  // 3. The chat: knows ports, not sockets.
  const { log, conversations, contacts, inbox: inboxes, offline: offlineQueue } = stores;
  const hub = new Hub();
  const names = new Names(stores.accounts, meter);
  const rosters = new Rosters(conversations, meter);
  const offline = new Offline(offlineQueue, runtime, onError);
  const delivery = new Delivery({ hub, relay, heard, rosters, names, offline, meter, runtime, onError, encode: textFrame });
  const presence = new Presence({
    accounts: stores.accounts,
    contacts,
    names,
    runtime,
    encode: textFrame,
    board: others?.board ?? null,
    relay,
    graceMs: config.presence.graceMs,
    onError,
  });
  const door = new Door(conversations);
  const sessions = new Sessions(stores.sessions, runtime, {
    tokenTtlMs: config.auth.tokenTtlMs,
    tell: (sessionIds) => relay?.notify({ kind: 'sessions_ended', sessionIds }),
  });
  const accounts = new Accounts({ store: stores.accounts, sessions, passwords, runtime });
  accounts.onProfileChanged((me) => presence.hide(me.userId, me.invisible));
  const profiles = new Profiles({ accounts: stores.accounts, contacts, names, delivery, relay, runtime });
  accounts.onProfileChanged((me, { displayName, colour }) => {
    if (displayName !== undefined || colour !== undefined) profiles.changed(me).catch(onError);
  });
  const chats = new Chats({ conversations, contacts, names, delivery, runtime, friends: presence });
  const settings = new ConversationSettings({ conversations, delivery, runtime });
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
  const closing = new Closing({ accounts, sessions, conversations, chats, groups });
  const operators = new Operators({
    accounts: stores.accounts,
    sessions,
    audit: stores.audit,
    queues: profile.queues,
    runtime,
  });
  const exports = new Export({ accounts, sessions, chats, conversations, log, names, runtime });
  const messages = new Messages({ log, chats, rosters, door, delivery, runtime, meter });
  const history = new History({ door, log, names, profiles, meter, runtime });
  const inbox = new Inbox({ inbox: inboxes, names, profiles, runtime, meter });
  const receipts = new Receipts({ log, rosters, names, delivery, offline, runtime });
  const typing = new Typing(rosters, delivery);
  // 4. What comes from other servers, and what got lost on the way.
  const healing =
    others === null || heard === null ? null : new Healing({ moved: others.moved, log, hub, heard, delivery, runtime, onError });
  if (healing !== null && heard !== null)
    relay?.listen(new Arrivals({ hub, rosters, heard, sessions, profiles, presence, healing, runtime, encode: textFrame }));

  // 5. The doors.
  const limits = openLimits(config.limits, () => runtime.monotonic(), others?.limits ?? null);
  const tokens = new Tokens(secret, sessions, runtime);
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
  const sockets = new SocketServer({
    chat: openChatDoor({
      hub,
      relay,
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
      profiles,
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
  const numbers = new Numbers({
    server: config.cluster?.nodeId ?? config.profile,
    version: VERSION,
    roles: config.roles,
    hasArchive: config.cluster !== null,
    readings: meter,
    connections: () => sockets.counts(),
    memoryBytes: () => process.memoryUsage.rss(),
    offline: offlineQueue,
    fleet: others?.fleet ?? null,
    runtime,
  });
  others?.onEvicted(() => {
    presence.putAllAgain();
    sockets.sendAway();
  });
  sessions.onEnded((sessionIds) => sockets.endSessions(sessionIds));
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
      { name: 'note who is here', everyMs: NOTE_PRESENCE_MS, run: async () => (presence.noteHere(), false) },
      { name: 'write down last seen', everyMs: FLUSH_PRESENCE_MS, run: async () => (await presence.flush(), false) },
      ...(others === null ? [] : [recheckOf(sessions, sockets, config.sockets.heartbeatMs)]),
      {
        name: 'gauge',
        everyMs: GAUGE_MS,
        run: async () => {
          // Of the whole installation: that a few count it is enough.
          if (does('worker')) meter.set('offline_rows', await offlineQueue.size());
          const { chat, presence: watching } = sockets.counts();
          meter.set('connections_chat', chat);
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
      sockets.serve(api.server, (path) => socketAt(path, config.roles));
      sockets.serve(chatServer, () => 'chat');
      sockets.serve(presenceServer, () => 'presence');
      await profile.start();
      sockets.start();
      worker.start();
      healing?.start();
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
      await Promise.all([worker.close(), healing?.stop()]);
      await presence.stop();
      await profile.close();
    },
  };
}

/** Word of an end is lost when Redis is away; the store is not. */
function recheckOf(sessions: Sessions, sockets: SocketServer, everyMs: number): Job {
  return { name: 'recheck sessions', everyMs, run: async () => (await sessions.recheck(sockets.sessionIds()), false) };
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
