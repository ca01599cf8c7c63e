import type { Person } from '@parley/protocol';
import type { ConnectionState } from './connection.js';
import type { Conversation } from './conversation.js';
import type { Unsubscribe } from './emitter.js';
import type { Inbox } from './inbox.js';
import type { People } from './people.js';
import type { Presence, PresenceOf } from './presence.js';
import type { Runtime } from './runtime.js';
import type { Summary } from './summary.js';

/** A conversation at one moment; a new object after a change of anything shown of it, the same one without. */
export interface ConversationSnapshot {
  readonly conversation: Conversation;
  readonly summary: Summary;
  /** Usernames. */
  readonly typing: readonly string[];
  readonly version: number;
}

/** All that there is to show at one moment. */
export interface ClientSnapshot {
  readonly connection: ConnectionState;
  /** Null until the first inbox came. */
  readonly username: string | null;
  /** The one that moved last first. */
  readonly conversations: readonly ConversationSnapshot[];
  readonly unread: number;
  /** By username in lower case. */
  readonly presence: ReadonlyMap<string, PresenceOf>;
  /** Who has a display name or a colour, by username in lower case. */
  readonly people: ReadonlyMap<string, Person>;
}

export interface ClientViewParts {
  runtime: Runtime;
  connection: () => ConnectionState;
  inbox: Inbox;
  presence: Presence;
  people: People;
  conversationChanged: (conversation: Conversation) => void;
}

/** The client as a store of immutable snapshots. Changes made in one go are told once. */
export class ClientView {
  readonly #parts: ClientViewParts;
  readonly #listeners = new Set<{ call: () => void }>();
  readonly #changed = new Set<Conversation>();
  readonly #conversations = new WeakMap<Conversation, ConversationSnapshot>();
  #snapshot: ClientSnapshot | null = null;
  #listed: readonly ConversationSnapshot[] = [];
  #listedOf: readonly Conversation[] = [];
  #unread = 0;
  #isTold = true;

  constructor(parts: ClientViewParts) {
    this.#parts = parts;
  }

  /** Something shown has changed: of this conversation, or beside all of them. */
  touch(conversation: Conversation | null): void {
    this.#snapshot = null;
    if (conversation !== null) this.#changed.add(conversation);
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#parts.runtime.soon(() => this.#tell());
  }

  subscribe(listener: () => void): Unsubscribe {
    const own = { call: listener };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  snapshot(): ClientSnapshot {
    this.#snapshot ??= this.#take();
    return this.#snapshot;
  }

  #tell(): void {
    this.#isTold = true;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const conversation of changed) this.#parts.conversationChanged(conversation);
    this.#listeners.forEach(({ call }) => call());
  }

  #take(): ClientSnapshot {
    const { inbox, presence, people, connection } = this.#parts;
    if (inbox.conversations !== this.#listedOf) this.#list(inbox.conversations);
    return {
      connection: connection(),
      username: inbox.username,
      conversations: this.#listed,
      unread: this.#unread,
      presence: presence.people,
      people: people.all,
    };
  }

  /** A new list only if it differs: what looks at it alone need not look again at every change beside it. */
  #list(of: readonly Conversation[]): void {
    this.#listedOf = of;
    const listed = of.map((conversation) => this.#of(conversation));
    if (listed.length === this.#listed.length && listed.every((each, index) => each === this.#listed[index])) return;
    this.#listed = listed;
    this.#unread = listed.reduce((sum, { summary }) => sum + summary.unread, 0);
  }

  #of(conversation: Conversation): ConversationSnapshot {
    const { summary, typing, version } = conversation;
    const known = this.#conversations.get(conversation);
    if (known?.version === version) return known;
    const taken = { conversation, summary, typing, version };
    this.#conversations.set(conversation, taken);
    return taken;
  }
}
