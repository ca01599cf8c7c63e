import type { ChatCommandInput, PresenceCommandInput, ServerEvent } from '@parley/protocol';
import { afterClose } from '@parley/protocol/codes';
import { Backoff, type BackoffBounds } from './backoff.js';
import { asParleyError, type ParleyError } from './errors.js';
import type { Runtime, Timer } from './runtime.js';
import type { Socket, SocketFactory } from './socket.js';

/** Of a WebSocket's `readyState`. */
const OPEN = 1;

/** Why a connection is closed for good; a new token, or a new client, begins again. */
export type CloseCause =
  /** `close()` was called. */
  | 'user'
  /** The token has expired, or was refused. */
  | 'token_expired'
  /** The session was logged out or revoked. */
  | 'session_ended'
  /** The server will not have this client: flooding, malformed frames, or an origin that is not allowed. */
  | 'refused';

/**
 * What a connection does now.
 *
 * - `idle`: not asked to connect yet;
 * - `connecting`: a token is asked for, or a socket is being opened;
 * - `syncing`: open, and catching up with the inbox;
 * - `live`: everything that happens arrives;
 * - `waiting`: lost; tries again at `retryAt` (epoch ms), or at once with `reconnectNow()`;
 * - `closed`: over, with the cause.
 */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'syncing' }
  | { readonly name: 'live' }
  | { readonly name: 'waiting'; readonly retryAt: number; readonly attempt: number }
  | { readonly name: 'closed'; readonly cause: CloseCause };

/** Bounds of a connection, all in milliseconds. */
export interface ConnectionTimes {
  backoff: BackoffBounds;
  /** How long opening a socket may take, with asking for a token. */
  openDeadlineMs: number;
  heartbeatIntervalMs: number;
  /** How long any sign of life may take after a PING. */
  heartbeatDeadlineMs: number;
  /** A connection that lived this long was a good one: the backoff begins anew. */
  stableAfterMs: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  backoff: { baseMs: 500, maxMs: 30_000 },
  openDeadlineMs: 10_000,
  heartbeatIntervalMs: 25_000,
  heartbeatDeadlineMs: 10_000,
  stableAfterMs: 10_000,
};

/** A token, or what gives one, or a ticket, for each attempt to connect. */
export type TokenSource = string | (() => Promise<string>);

export interface ConnectionParts {
  url: string;
  token: TokenSource;
  socket: SocketFactory;
  runtime: Runtime;
  times: ConnectionTimes;
  /** False: the token does not hold any more. Asked when upgrades keep failing and nothing says why, as in browsers. */
  verifyToken?: (() => Promise<boolean>) | undefined;
}

export interface ConnectionListener {
  /** A socket is open; the listener says `ready()` once it has caught up. */
  opened(): void;
  frame(event: ServerEvent): void;
  /** The open socket is gone. */
  lost(): void;
  changed(state: ConnectionState): void;
}

const FAILED_UPGRADES_BEFORE_VERIFYING = 3;

/**
 * One WebSocket that is always wanted: opens it, notices when it is dead, and opens the next one, with backoff and full
 * jitter, until the close code says not to. At most one socket is listened to at a time; a late event of an earlier one
 * changes nothing.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  #state: ConnectionState = { name: 'idle' };
  /** Counts attempts, so that a token which comes too late opens nothing. */
  #attempt = 0;
  #socket: Socket | null = null;
  #isOpen = false;
  #openedAt = 0;
  #failedUpgrades = 0;
  #heard = false;
  /** When a draining server asked to be left, epoch ms. */
  #moveAt: number | null = null;
  #retry: Timer | null = null;
  #deadline: Timer | null = null;
  #heartbeat: Timer | null = null;
  #move: Timer | null = null;

  constructor(parts: ConnectionParts, listener: ConnectionListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#backoff = new Backoff(() => parts.runtime.random(), parts.times.backoff);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** A socket is open, caught up or not. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Begins. Does nothing unless idle. */
  open(): void {
    if (this.#state.name === 'idle') this.#connect();
  }

  /** Says that the listener has caught up: `syncing` becomes `live`. */
  ready(): void {
    if (this.#state.name === 'syncing') this.#become({ name: 'live' });
  }

  /** False: there is no open socket, and nothing was sent. */
  send(command: ChatCommandInput | PresenceCommandInput): boolean {
    if (!this.#isOpen || this.#socket === null) return false;
    // One that is closing swallows it, and a browser complains; its close event follows.
    const { readyState } = this.#socket;
    if (readyState !== undefined && readyState !== OPEN) return false;
    try {
      this.#socket.send(JSON.stringify(command));
      return true;
    } catch {
      // A socket that is closing throws in some platforms; its close event follows.
      return false;
    }
  }

  /** Waiting: tries now. Open: makes sure at once that the peer still answers. For `online` and wake-up events. */
  reconnectNow(): void {
    if (this.#state.name === 'waiting') this.#connect();
    else if (this.#isOpen) this.#ping();
  }

  /** Gives this socket up and opens another, with backoff. */
  restart(reason: string): void {
    if (this.#state.name === 'idle' || this.#state.name === 'waiting') return;
    this.#drop(4000, reason);
    this.#wait();
  }

  close(cause: CloseCause = 'user'): void {
    if (this.#state.name === 'closed') return;
    this.#retry?.cancel();
    this.#drop(1000, cause);
    this.#become({ name: 'closed', cause });
  }

  #connect(): void {
    this.#retry?.cancel();
    this.#become({ name: 'connecting' });
    const { token, runtime, times } = this.#parts;
    this.#deadline = runtime.after(times.openDeadlineMs, () => this.restart('open deadline'));
    if (typeof token === 'string') this.#openSocket(token);
    else void this.#askForToken(token);
  }

  async #askForToken(ask: () => Promise<string>): Promise<void> {
    const attempt = this.#attempt;
    const answer = await asked(ask);
    if (attempt !== this.#attempt) return;
    if (typeof answer === 'string') this.#openSocket(answer);
    else if (answer.code === 'not_authenticated') this.close('token_expired');
    else this.restart('no token');
  }

  #openSocket(token: string): void {
    const { url, socket: open } = this.#parts;
    const socket = open(url, ['parley', token]);
    this.#socket = socket;
    const current = () => this.#socket === socket;
    socket.onopen = () => current() && this.#opened();
    socket.onmessage = (event) => current() && this.#received(event.data);
    socket.onclose = (event) => current() && this.#closed(event.code, socket.refusedStatus);
    // A close event always follows; without a listener `ws` would throw.
    socket.onerror = () => undefined;
  }

  #opened(): void {
    this.#deadline?.cancel();
    this.#isOpen = true;
    this.#openedAt = this.#parts.runtime.now();
    this.#failedUpgrades = 0;
    this.#scheduleHeartbeat();
    this.#become({ name: 'syncing' });
    this.#listener.opened();
  }

  #received(data: unknown): void {
    this.#heard = true;
    const event = parsed(data);
    if (event === null) return;
    if (event.type === 'INFO' && event.code === 'draining') this.#moveAfter(event.reconnectAfterMs ?? 0);
    this.#listener.frame(event);
  }

  #closed(code: number, refusedStatus: number | undefined): void {
    const opened = this.#isOpen;
    this.#drop();
    if (refusedStatus === 401) return this.close('token_expired');
    if (refusedStatus === 403) return this.close('refused');
    const next = afterClose(code);
    switch (next) {
      case 'reauthenticate':
        return this.close(code === 4101 ? 'session_ended' : 'token_expired');
      case 'stop':
        return this.close('refused');
      case 'reconnect':
        if (!opened) this.#upgradeFailed();
        return this.#wait();
      default:
        next satisfies never;
    }
  }

  /** Stops listening to the socket, whatever it says from now on. */
  #drop(code?: number, reason?: string): void {
    const socket = this.#socket;
    const wasOpen = this.#isOpen;
    this.#attempt += 1;
    this.#socket = null;
    this.#isOpen = false;
    this.#deadline?.cancel();
    this.#heartbeat?.cancel();
    this.#move?.cancel();
    if (code !== undefined) socket?.close(code, reason);
    if (wasOpen && this.#parts.runtime.now() - this.#openedAt >= this.#parts.times.stableAfterMs) this.#backoff.reset();
    if (wasOpen) this.#listener.lost();
  }

  #wait(): void {
    if (this.#state.name === 'closed') return;
    const { runtime } = this.#parts;
    const delayMs = this.#moveAt === null ? this.#backoff.next() : Math.max(0, this.#moveAt - runtime.now());
    this.#moveAt = null;
    this.#retry = runtime.after(delayMs, () => this.#connect());
    this.#become({ name: 'waiting', retryAt: runtime.now() + delayMs, attempt: this.#backoff.attempts });
  }

  #upgradeFailed(): void {
    this.#failedUpgrades += 1;
    const { verifyToken } = this.#parts;
    if (verifyToken === undefined || this.#failedUpgrades % FAILED_UPGRADES_BEFORE_VERIFYING !== 0) return;
    verifyToken().then(
      (holds) => holds || this.close('token_expired'),
      // The question did not get through either: the network is down, so go on trying.
      () => undefined,
    );
  }

  /** The server has said how long to stay; it spreads its clients by it. */
  #moveAfter(delayMs: number): void {
    this.#moveAt = this.#parts.runtime.now() + delayMs;
    this.#move?.cancel();
    this.#move = this.#parts.runtime.after(delayMs, () => this.restart('moving'));
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#parts.runtime.after(this.#parts.times.heartbeatIntervalMs, () => this.#ping());
  }

  #ping(): void {
    this.#heard = false;
    this.#heartbeat?.cancel();
    this.send({ type: 'PING' });
    this.#heartbeat = this.#parts.runtime.after(this.#parts.times.heartbeatDeadlineMs, () => {
      if (this.#heard) this.#scheduleHeartbeat();
      else this.restart('heartbeat missed');
    });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#listener.changed(state);
  }
}

async function asked(ask: () => Promise<string>): Promise<string | ParleyError> {
  try {
    return await ask();
  } catch (error) {
    return asParleyError(error, 'network');
  }
}

function parsed(data: unknown): ServerEvent | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    const isEvent = typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
    // Trusted from here on: the server validates what it sends with the schema that these types come from.
    return isEvent ? (value as ServerEvent) : null;
  } catch {
    return null;
  }
}
