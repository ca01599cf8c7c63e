import type { EventOf, ServerEvent, Status } from '@parley/protocol';
import { asParleyError, errorOf, type ParleyError } from './errors.js';
import { Connection, type ConnectionParts, type ConnectionState } from './connection.js';
import { Requests } from './requests.js';

/** Somebody's presence as last told. */
export interface PresenceOf {
  readonly status: Status;
  /** Epoch milliseconds; null: never seen, or not told. */
  readonly lastSeen: number | null;
  /** The presence connection is not there: this may be old. */
  readonly isStale: boolean;
}

export interface PresenceParts {
  /** Null: there is no presence server, and everybody is unknown. */
  connection: ConnectionParts | null;
  requestDeadlineMs: number;
  changed: (username: string, presence: PresenceOf) => void;
  failed: (error: ParleyError) => void;
}

const UNKNOWN: PresenceOf = { status: 'offline', lastSeen: null, isStale: true };

/**
 * Who is there: friends (people with whom one has a direct chat), and those that one looks at. On a connection of its
 * own, fire and forget; what was told last stays, marked stale, while that is lost.
 *
 * @example
 * client.presence.watch(['carol']);
 * client.presence.of('carol').status; // 'online'
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #connection: Connection | null;
  readonly #requests: Requests | null;
  readonly #people = new Map<string, PresenceOf>();
  #shown: ReadonlyMap<string, PresenceOf> | null = null;
  /** Told on this connection, before it said that everybody was. */
  #told: Set<string> | null = null;
  #watched: readonly string[] = [];
  #wanted: 'online' | 'away' | 'invisible' | null = null;

  /** Made by the client. */
  constructor(parts: PresenceParts) {
    this.#parts = parts;
    const { connection } = parts;
    this.#connection =
      connection &&
      new Connection(connection, {
        opened: () => this.#opened(),
        frame: (event) => this.#received(event),
        lost: () => this.#lost(),
        changed: () => undefined,
      });
    this.#requests =
      connection &&
      new Requests({
        runtime: connection.runtime,
        deadlineMs: parts.requestDeadlineMs,
        send: (command) => this.#connection?.send(command) ?? false,
      });
  }

  /** What the presence connection does now; `idle` if there is none. */
  get state(): ConnectionState {
    return this.#connection?.state ?? { name: 'idle' };
  }

  /** Everybody of whom something was told, by username in lower case. A new map after a change, the same without. */
  get people(): ReadonlyMap<string, PresenceOf> {
    this.#shown ??= new Map(this.#people);
    return this.#shown;
  }

  /** Of somebody of whom nothing is known: offline and stale. */
  of(username: string): PresenceOf {
    return this.#people.get(username.toLowerCase()) ?? { ...UNKNOWN, isStale: this.state.name !== 'live' };
  }

  /** Looks at these people beside one's friends, instead of those before; also over lost connections. */
  watch(usernames: readonly string[]): void {
    this.#watched = [...usernames];
    this.#say({ type: 'PRESENCE_WATCH', usernames: [...this.#watched] });
  }

  /** `away` and `online` are of this connection, and said again on the next; `invisible` is kept for the user. */
  set(status: 'online' | 'away' | 'invisible'): void {
    this.#wanted = status;
    this.#say({ type: 'PRESENCE_SET', status });
  }

  /** For the client. */
  open(): void {
    this.#connection?.open();
  }

  /** For the client. */
  close(): void {
    this.#connection?.close();
  }

  /** For the client. */
  reconnectNow(): void {
    this.#connection?.reconnectNow();
  }

  #opened(): void {
    this.#told = new Set();
    this.#connection?.ready();
    if (this.#wanted !== null) this.#say({ type: 'PRESENCE_SET', status: this.#wanted });
    if (this.#watched.length > 0) this.#say({ type: 'PRESENCE_WATCH', usernames: [...this.#watched] });
  }

  #received(event: ServerEvent): void {
    if (this.#requests?.answer(event)) return;
    if (event.type === 'PRESENCE_UPDATE') this.#update(event);
    else if (event.type === 'INFO' && event.code === 'presence_ready') this.#everybodyTold();
    else if (event.type === 'ERROR') this.#parts.failed(errorOf(event));
  }

  #update({ username, status, lastSeen }: EventOf<'PRESENCE_UPDATE'>): void {
    this.#told?.add(username.toLowerCase());
    this.#put(username, { status, lastSeen, isStale: false });
  }

  // No news of a friend means offline; those looked at are told when they are asked for.
  #everybodyTold(): void {
    const told = this.#told;
    this.#told = null;
    const watched = new Set(this.#watched.map((username) => username.toLowerCase()));
    for (const [username, presence] of this.#people) {
      if (presence.isStale && told?.has(username) === false && !watched.has(username)) {
        this.#put(username, { ...presence, status: 'offline', isStale: false });
      }
    }
  }

  #lost(): void {
    this.#requests?.lost();
    this.#told = null;
    for (const [username, presence] of this.#people) this.#put(username, { ...presence, isStale: true });
  }

  #put(username: string, presence: PresenceOf): void {
    this.#people.set(username.toLowerCase(), presence);
    this.#shown = null;
    this.#parts.changed(username, presence);
  }

  #say(command: Parameters<Requests['ask']>[0]): void {
    if (this.#connection?.isOpen !== true) return;
    this.#requests?.ask(command).catch((reason: unknown) => {
      const error = asParleyError(reason, 'bad_reply');
      if (error.code !== 'disconnected') this.#parts.failed(error);
    });
  }
}
