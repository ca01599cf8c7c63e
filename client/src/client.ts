import type { EventOf, PresenceEvent, ChatEvent, ServerEvent } from '@parley/protocol';
import type { GroupDraft, ParleyApi } from './api.js';
import { BOUNDS, type Bounds } from './bounds.js';
import {
  Connection,
  CONNECTION_TIMES,
  type ConnectionParts,
  type ConnectionState,
  type ConnectionTimes,
  type TokenSource,
} from './connection.js';
import type { Conversation } from './conversation.js';
import { Emitter, type Unsubscribe } from './emitter.js';
import type { Message } from './entries.js';
import { asParleyError, errorOf, ParleyError } from './errors.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';
import { MemoryOutbox, type OutboxStore } from './outbox-store.js';
import type { Outgoing } from './outgoing.js';
import { People } from './people.js';
import { Presence, type PresenceOf } from './presence.js';
import { Requests } from './requests.js';
import { systemRuntime, type Runtime } from './runtime.js';
import { lookUpSent } from './sent-lookup.js';
import { ClientView, type ClientSnapshot } from './snapshot.js';
import { platformSocket, type SocketFactory } from './socket.js';
import type { Wire } from './wire.js';

export interface ParleyClientOptions {
  /**
   * From `ParleyApi.login` or `register`; or, where the session is in a cookie, what gives a ticket:
   * `() => api.ticket()`. That is asked before each attempt to connect either socket. If it rejects with
   * `not_authenticated` the connection is closed for good, else it counts as an attempt that failed.
   */
  token: TokenSource;
  /** The chat socket: `ws://127.0.0.1:4000`, or the API port's `ws://127.0.0.1:3000/ws/chat`. */
  chatUrl: string;
  /** The presence socket: `ws://127.0.0.1:5000`, or `…/ws/presence`. Without it nobody's presence is known. */
  presenceUrl?: string | undefined;
  /** By default the platform's own WebSocket; `@parley/client/node` brings one for Node. */
  webSocket?: SocketFactory | undefined;
  /** Where unconfirmed messages are kept; by default in memory. */
  outbox?: OutboxStore | undefined;
  /**
   * For what only HTTP does: `conversation.setSettings`. Also asked whether the token still holds when upgrades keep
   * failing and the platform does not say why (browsers).
   */
  api?: Pick<ParleyApi, 'me' | 'setConversation'> | undefined;
  /** False: `ACK` is never sent by itself. */
  autoAck?: boolean | undefined;
  /**
   * After a lost connection, what was missed is fetched in conversations whose timeline was opened (the default), or in
   * `all`: for clients that must see every message. Up to `bounds.catchUpMaxEntries` of each.
   */
  catchUp?: 'opened' | 'all' | undefined;
  runtime?: Runtime | undefined;
  bounds?: Partial<Bounds> | undefined;
  times?: Partial<ConnectionTimes> | undefined;
}

/** What a client tells, by name. */
export interface ClientEvents {
  /**
   * A message that this device had not seen: live, or caught up with. Each once, in the order of seqs, own ones too: one
   * that came over a gap waits until the gap is filled, or cannot be. (The timeline shows it at once, behind a gap mark.)
   */
  message: { conversation: Conversation; message: Message; isLive: boolean };
  /** Anything shown of a conversation changed; once for all changes made in one go. */
  conversation: Conversation;
  /** One is no longer in the conversation. */
  removed: Conversation;
  /** Somebody else received or read. */
  receipt: { conversation: Conversation; username: string; delivered: number; read: number };
  typing: { conversation: Conversation; username: string };
  presence: PresenceOf & { username: string };
  state: ConnectionState;
  /** One's own message went a step further. */
  outgoing: Outgoing;
  /** Something failed in the background that nobody awaits. Never a message: that shows in `outgoing`. */
  error: ParleyError;
  /** The server says something for people, or is about to stop. */
  info: EventOf<'INFO'>;
  /** Every frame of the chat connection, as it came. */
  event: ChatEvent | PresenceEvent;
}

/**
 * A device of a user: connected whenever it can be, and always knowing what it knows.
 *
 * Promises: every timeline is sorted and free of duplicates at every moment (D2, D4); a message sent here is one
 * message, however often the connection breaks (D3), and with a durable outbox store also over the end of the process;
 * what this device has missed it fetches by itself.
 *
 * @example
 * const client = new ParleyClient({ token, chatUrl: 'ws://127.0.0.1:4000', presenceUrl: 'ws://127.0.0.1:5000' });
 * client.on('message', ({ conversation, message }) => console.log(conversation.title, message.from, message.content));
 * await client.connect();
 * await client.sendTo('bob', 'Hello!').sent;
 * await client.close();
 */
export class ParleyClient {
  readonly presence: Presence;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #requests: Requests;
  readonly #connection: Connection;
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  readonly #people: People;
  readonly #inbox: Inbox;
  readonly #view: ClientView;
  readonly #runtime: Runtime;
  #opening = 0;
  #connecting: Promise<void> | null = null;

  constructor(options: ParleyClientOptions) {
    const runtime = options.runtime ?? systemRuntime;
    this.#runtime = runtime;
    const bounds: Bounds = { ...BOUNDS, ...options.bounds };
    const failed = (error: ParleyError) => this.#emitter.emit('error', error);
    this.#connection = new Connection(connectionParts(options, options.chatUrl, runtime), {
      opened: () => void this.#readInbox(++this.#opening),
      frame: (event) => this.#received(event),
      lost: () => this.#lost(),
      changed: (state) => this.#stateChanged(state),
    });
    this.#requests = new Requests({
      runtime,
      deadlineMs: bounds.requestDeadlineMs,
      send: (command) => this.#connection.send(command),
    });
    this.#wire = wireOf(this.#connection, this.#requests);
    this.#outbox = new Outbox({
      runtime,
      bounds,
      failed,
      store: options.outbox ?? new MemoryOutbox(),
      isLive: () => this.#wire.isLive,
      send: (command) => this.#connection.send(command),
      restart: (reason) => this.#connection.restart(reason),
      lookUp: (stored) => lookUpSent(stored, this.#wire),
      accepted: (stored, success) => this.#inbox.accept(stored, success),
      changed: (outgoing) => this.#outgoingChanged(outgoing),
    });
    this.#people = new People({
      runtime,
      wire: this.#wire,
      changed: (usernames) => this.#peopleChanged(usernames),
      failed,
    });
    this.#inbox = new Inbox({
      runtime,
      bounds,
      failed,
      wire: this.#wire,
      api: options.api,
      outbox: this.#outbox,
      people: this.#people,
      autoAck: options.autoAck ?? true,
      catchesUpAll: options.catchUp === 'all',
      changed: (conversation) => this.#view.touch(conversation),
      removed: (conversation) => this.#removed(conversation),
      message: (conversation, message, isLive) => this.#emitter.emit('message', { conversation, message, isLive }),
      receipt: (conversation, username, cursors) => this.#emitter.emit('receipt', { conversation, username, ...cursors }),
      typing: (conversation, username) => this.#emitter.emit('typing', { conversation, username }),
    });
    this.presence = new Presence({
      connection: options.presenceUrl === undefined ? null : connectionParts(options, options.presenceUrl, runtime),
      requestDeadlineMs: bounds.requestDeadlineMs,
      changed: (username, presence) => this.#presenceChanged(username, presence),
      failed,
    });
    this.#view = new ClientView({
      runtime,
      connection: () => this.connection,
      inbox: this.#inbox,
      presence: this.presence,
      people: this.#people,
      conversationChanged: (conversation) => this.#emitter.emit('conversation', conversation),
    });
  }

  /** The user of the token; `username` is null until the first inbox came. */
  get me(): { readonly username: string | null } {
    return { username: this.#inbox.username };
  }

  /** The chat connection's state in a word; `connection` says more. */
  get state(): ConnectionState['name'] {
    return this.#connection.state.name;
  }

  /** The chat connection's state: while waiting until when, once closed why. */
  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** All conversations, the one that moved last first. A new list after a change, the same one without. */
  get conversations(): readonly Conversation[] {
    return this.#inbox.conversations;
  }

  /** Unread messages of all conversations. */
  get unread(): number {
    return this.conversations.reduce((sum, { unread }) => sum + unread, 0);
  }

  /** One's own messages that are not confirmed, failed ones included, in the order of writing. */
  get outgoing(): readonly Outgoing[] {
    return this.#outbox.all;
  }

  /** By chatId or groupId; null if one is not in it. */
  conversation(id: string): Conversation | null {
    return this.#inbox.get(id);
  }

  /** The direct chat with somebody, by username without case; null if there is none yet. */
  chatWith(username: string): Conversation | null {
    return this.#inbox.chatWith(username);
  }

  /** What somebody is called: the display name, or the username of who has none. Known of whoever was met here. */
  nameOf(username: string): string {
    return this.#people.nameOf(username);
  }

  /**
   * Connects, and stays connected until `close()`. Resolves when the inbox is complete for the first time, however long
   * the network takes; rejects with ParleyError if that can no longer be (`closed`, or `not_authenticated`).
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  /** Waiting: tries now. Connected: checks at once that the server still answers. For `online` and wake-up events. */
  reconnectNow(): void {
    this.#connection.reconnectNow();
    this.presence.reconnectNow();
  }

  /**
   * Acknowledges what is owed and closes for good. Unconfirmed messages stay in the outbox store. Closed at once;
   * resolves when the store has let go of what it holds. Never rejects.
   */
  async close(): Promise<void> {
    this.#inbox.flush();
    this.#connection.close();
    this.presence.close();
    this.#inbox.end();
    this.#people.end();
    await this.#outbox.close();
  }

  /**
   * Sends a direct message, starting the chat at need; without a connection as soon as there is one. Throws ParleyError
   * `invalid_field`, `too_large` or `outbox_failed` at once if it can never be sent.
   */
  sendTo(username: string, content: string): Outgoing {
    return this.#outbox.enqueue({ kind: 'chat', with: username }, content);
  }

  /** Makes a group; one is its owner. Needs the connection; rejects with ParleyError. */
  async createGroup(draft: GroupDraft): Promise<Conversation> {
    const { name, access, visibility, members } = draft;
    const success = await this.#wire.ask({ type: 'CREATE_GROUP', name, access, visibility, members: [...(members ?? [])] });
    return this.#added(success);
  }

  /** Joins an open group. Needs the connection; rejects with ParleyError. */
  async joinGroup(groupId: string): Promise<Conversation> {
    const conversation = this.#added(await this.#wire.ask({ type: 'JOIN_GROUP', groupId }));
    // The reply does not have the newest message.
    this.#inbox.resync();
    return conversation;
  }

  /** Needs the connection; rejects with ParleyError. */
  async leaveGroup(groupId: string): Promise<void> {
    await this.#wire.ask({ type: 'LEAVE_GROUP', groupId });
    this.#inbox.remove(groupId);
  }

  /** Listens to what the client tells; gives what ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (payload: ClientEvents[Name]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** Calls after changes, once for all made in one go. With `snapshot`, what React's `useSyncExternalStore` wants. */
  subscribe = (listener: () => void): Unsubscribe => this.#view.subscribe(listener);

  /** All that there is to show; a new object after a change, the same one without. */
  snapshot = (): ClientSnapshot => this.#view.snapshot();

  async #connect(): Promise<void> {
    // Nothing is sent of it before it is read; the connection need not wait for that.
    const loading = this.#outbox.load();
    await new Promise<void>((resolve, reject) => {
      const stop = this.on('state', (state) => {
        if (state.name === 'live') resolve();
        else if (state.name === 'closed') reject(closedError(state));
        else return;
        stop();
      });
      if (this.#connection.state.name === 'closed') reject(closedError(this.#connection.state));
      this.#connection.open();
      this.presence.open();
    });
    await loading;
  }

  /** `opening` tells this socket's reading of the inbox from those of earlier ones. */
  async #readInbox(opening: number): Promise<void> {
    try {
      await this.#inbox.sync();
    } catch (reason) {
      const error = asParleyError(reason, 'bad_reply');
      // Lost meanwhile: the next connection reads it.
      if (opening !== this.#opening || error.code === 'disconnected') return;
      this.#emitter.emit('error', error);
      if (error.retryAfterMs === null) return this.#connection.restart('no inbox');
      // Refused for now by a server that is there: a new connection would only cost it more.
      this.#runtime.after(error.retryAfterMs, () => {
        if (opening === this.#opening && this.#connection.isOpen) void this.#readInbox(opening);
      });
      return;
    }
    if (opening === this.#opening) this.#connection.ready();
  }

  #received(event: ServerEvent): void {
    this.#emitter.emit('event', event);
    if ((event.type === 'SUCCESS' || event.type === 'ERROR') && this.#outbox.answer(event)) return;
    if (this.#requests.answer(event)) return;
    // Done after all, when nobody waited for it any more; what came of it is in the inbox.
    if (event.type === 'SUCCESS') this.#inbox.resync();
    else if (event.type === 'INFO') this.#informed(event);
    else if (event.type === 'ERROR') this.#emitter.emit('error', errorOf(event));
    else this.#inbox.receive(event);
  }

  #informed(event: EventOf<'INFO'>): void {
    if (event.code === 'resync') this.#inbox.resync();
    this.#emitter.emit('info', event);
  }

  #lost(): void {
    this.#requests.lost();
    this.#outbox.lost();
    this.#inbox.lost();
  }

  #stateChanged(state: ConnectionState): void {
    this.#view.touch(null);
    if (state.name === 'live') {
      this.#inbox.resumed();
      this.#people.resumed();
      this.#outbox.live();
    }
    this.#emitter.emit('state', state);
  }

  #added(success: EventOf<'SUCCESS'>): Conversation {
    if (success.group === undefined) throw new ParleyError('bad_reply', 'SUCCESS without the group');
    return this.#inbox.add(success.group);
  }

  #removed(conversation: Conversation): void {
    this.#view.touch(null);
    this.#emitter.emit('removed', conversation);
  }

  #outgoingChanged(outgoing: Outgoing): void {
    this.#inbox.touch(outgoing.target);
    this.#view.touch(null);
    this.#emitter.emit('outgoing', outgoing);
  }

  #peopleChanged(usernames: readonly string[]): void {
    this.#inbox.repaint(usernames);
    this.#view.touch(null);
  }

  #presenceChanged(username: string, presence: PresenceOf): void {
    this.#view.touch(null);
    this.#emitter.emit('presence', { username, ...presence });
  }
}

function connectionParts(options: ParleyClientOptions, url: string, runtime: Runtime): ConnectionParts {
  const { token, api, webSocket = platformSocket, times } = options;
  // Who gives a new one each time says by itself that there is none.
  const verifyToken = typeof token === 'string' && api ? () => api.me().then(() => true, ifRefused) : undefined;
  return { url, token, socket: webSocket, runtime, times: { ...CONNECTION_TIMES, ...times }, verifyToken };
}

function ifRefused(error: unknown): boolean {
  if (error instanceof ParleyError && error.status === 401) return false;
  throw error;
}

function wireOf(connection: Connection, requests: Requests): Wire {
  return {
    get isLive() {
      return connection.state.name === 'live';
    },
    ask: (command) => requests.ask(command),
    send: (command) => connection.send(command),
  };
}

function closedError(state: ConnectionState & { name: 'closed' }): ParleyError {
  const isRefused = state.cause === 'token_expired' || state.cause === 'session_ended';
  return new ParleyError(isRefused ? 'not_authenticated' : 'closed', `the connection is closed: ${state.cause}`);
}
