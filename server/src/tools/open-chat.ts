import { Chats } from '../chat/chats.js';
import { Delivery } from '../chat/delivery.js';
import { Door } from '../chat/door.js';
import { Groups } from '../chat/groups.js';
import { Hub } from '../chat/hub.js';
import { Inbox } from '../chat/inbox.js';
import { Messages } from '../chat/messages.js';
import { Names } from '../chat/names.js';
import { Offline } from '../chat/offline.js';
import { Profiles } from '../chat/profiles.js';
import { Receipts } from '../chat/receipts.js';
import { Rosters } from '../chat/rosters.js';
import { textFrame } from '../edge/frame.js';
import { openEmbedded } from '../embedded/open.js';
import { processRuntime } from '../host/runtime.js';
import type { AccountStore } from '../ports/accounts.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';

export interface OpenChatOptions {
  dataDir: string;
  maxMembers: number;
  /** By default that of the process. */
  runtime?: Runtime;
  /** The store failed, and nothing more will be answered. */
  onFatal: (error: Error) => void;
}

/** The chat on its stores, without doors: what a tool needs to act as people do. */
export interface OpenChat {
  accounts: AccountStore;
  names: Names;
  chats: Chats;
  groups: Groups;
  messages: Messages;
  inbox: Inbox;
  receipts: Receipts;
  /** Commits what is in line, and gives the data directory free. */
  close(): Promise<void>;
}

const silent: Meter = { count: () => undefined, time: () => undefined, set: () => undefined };

/** Opens the data directory and builds the chat on it. Nobody is connected, so everybody is owed what is sent. */
export async function openChat(options: OpenChatOptions): Promise<OpenChat> {
  const { dataDir, maxMembers, runtime = processRuntime, onFatal } = options;
  const stores = await openEmbedded({ dataDir, runtime, meter: silent, onFatal });
  const { log, conversations, contacts } = stores;
  const names = new Names(stores.accounts, silent);
  const rosters = new Rosters(conversations, silent);
  const door = new Door(conversations);
  const offline = new Offline(stores.offline, runtime, rebuiltLater);
  const delivery = new Delivery({
    hub: new Hub(),
    relay: null,
    heard: null,
    rosters,
    names,
    offline,
    meter: silent,
    runtime,
    onError: rebuiltLater,
    encode: textFrame,
  });
  const friends = { befriended: () => undefined, parted: () => undefined, leftGroup: () => Promise.resolve() };
  const chats = new Chats({ conversations, contacts, names, delivery, runtime, friends });
  const profiles = new Profiles({ accounts: stores.accounts, contacts, names, delivery, relay: null, runtime });
  return {
    accounts: stores.accounts,
    names,
    chats,
    groups: new Groups({ conversations, contacts, log, door, names, delivery, friends, runtime, maxMembers }),
    messages: new Messages({ log, chats, rosters, door, delivery, runtime, meter: silent }),
    receipts: new Receipts({ log, rosters, names, delivery, offline, runtime }),
    inbox: new Inbox({ inbox: stores.inbox, names, profiles, runtime, meter: silent }),
    close: () => stores.close(),
  };
}

/** A note that could not be written is rebuilt when its user connects. */
function rebuiltLater(): void {}
