import { Refusal } from '@parley/protocol';
import { Accounts } from './chat/accounts.js';
import { Arrivals } from './chat/arrivals.js';
import { Chats } from './chat/chats.js';
import { Delivery } from './chat/delivery.js';
import { Door } from './chat/door.js';
import { Groups } from './chat/groups.js';
import { Healing } from './chat/healing.js';
import { Heard } from './chat/heard.js';
import { History } from './chat/history.js';
import { Hub } from './chat/hub.js';
import { Inbox } from './chat/inbox.js';
import { Messages } from './chat/messages.js';
import { Names } from './chat/names.js';
import { Offline } from './chat/offline.js';
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
import { openLimits } from './edge/limits.js';
import { openPresenceDoor } from './edge/presence-door.js';
import { socketLog } from './edge/socket-log.js';
import { Sockets } from './edge/sockets.js';
import type { Logger } from './ports/logger.js';
import type { Meter } from './ports/meter.js';
import type { Passwords } from './ports/passwords.js';
import type { Job, Profile } from './ports/profile.js';
import type { Runtime } from './ports/runtime.js';

const FLUSH_PRESENCE_MS = 5_000;
/** A row for each person who is here: of a million, 3,300 updates a second. */
const NOTE_PRESENCE_MS = 300_000;

export interface WiringParts {
  config: Pick<Config, 'auth' | 'presence' | 'groups' | 'limits' | 'sockets'>;
  profile: Profile;
  passwords: Passwords;
  runtime: Runtime;
  meter: Meter;
  logger: Logger;
}

/** How loud an error is: what a store refuses for now is told by the store, once; only what nobody foresaw is a fault of ours. */
export const levelOf = (error: unknown) => (refusalFrom(error) instanceof Refusal ? 'debug' : 'error');

/**
 * The chat on its ports, with the doors of both sockets: a whole server but for HTTP, and for where its sockets come from.
 * `app.ts` puts those around it.
 */
export function wire({ config, profile, passwords, runtime, meter, logger }: WiringParts) {
  const onError = (error: unknown) => logger[levelOf(error)]({ err: error }, 'a background task failed');
  const { stores, others } = profile;
  const relay = others?.relay ?? null;
  const heard = others === null ? null : new Heard(runtime);

  // 1. The chat: knows ports, not sockets.
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
  const history = new History({ door, log, names, profiles, meter, runtime });
  const inbox = new Inbox({ inbox: inboxes, names, profiles, runtime, meter });
  const receipts = new Receipts({ log, rosters, names, delivery, offline, runtime });
  const typing = new Typing(rosters, delivery);

  // 2. What comes from other servers, and what got lost on the way.
  const healing =
    others === null || heard === null ? null : new Healing({ moved: others.moved, log, hub, heard, delivery, runtime, onError });
  if (healing !== null && heard !== null)
    relay?.listen(new Arrivals({ hub, rosters, heard, sessions, profiles, presence, healing, runtime, encode: textFrame }));

  // 3. The doors.
  const limits = openLimits(config.limits, () => runtime.monotonic(), others?.limits ?? null);
  const socketLines = socketLog(logger);
  const sockets = new Sockets({
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
    runtime,
    meter,
    log: socketLines,
    limits: {
      connectionsPerAddress: config.limits.connectionsPerAddress,
      connectionsPerUser: config.limits.connectionsPerUser,
      frames: config.limits.frames,
      heartbeat: { pingAfterS: config.sockets.heartbeatMs / 1_000, timeoutS: config.sockets.heartbeatTimeoutMs / 1_000 },
    },
  });
  others?.onEvicted(() => {
    presence.putAllAgain();
    sockets.sendAway();
  });
  sessions.onEnded((sessionIds) => sockets.endSessions(sessionIds));

  const jobs: Job[] = [
    { name: 'note who is here', everyMs: NOTE_PRESENCE_MS, run: async () => (presence.noteHere(), false) },
    { name: 'write down last seen', everyMs: FLUSH_PRESENCE_MS, run: async () => (await presence.flush(), false) },
    ...(others === null ? [] : [recheckOf(sessions, sockets, config.sockets.heartbeatMs)]),
  ];

  return {
    accounts,
    chats,
    door,
    delivery,
    groups,
    history,
    inbox,
    limits,
    names,
    presence,
    sessions,
    sockets,
    socketLines,
    /** What any server does again and again, whatever its roles. */
    jobs,
    /** Lets the others know this server, then keeps what is here alive. */
    async start(): Promise<void> {
      await profile.start();
      sockets.start();
      healing?.start();
    },
    /** Once the sockets are drained and the jobs have ended. */
    async close(): Promise<void> {
      await healing?.stop();
      // Without the store nobody can be noted as gone; all else is closed all the same.
      await presence.stop().catch(onError);
      await profile.close();
    },
  };
}

/** Word of an end is lost when Redis is away; the store is not. */
function recheckOf(sessions: Sessions, sockets: Sockets, everyMs: number): Job {
  return { name: 'recheck sessions', everyMs, run: async () => (await sessions.recheck(sockets.sessionIds()), false) };
}
