import { Refusal, type ErrorCode } from '@parley/protocol';
import type { Caller } from '../chat/caller.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import { ChatConnection, type ChatDoor } from './chat-connection.js';
import type { Connection, ConnectionWorld } from './connection.js';
import { Connections, type HeartbeatOptions } from './connections.js';
import { PresenceConnection, type PresenceDoor } from './presence-connection.js';
import { Bucket, type Rate } from './rate-limit.js';
import { Flusher } from './send-queue.js';
import type { Socket } from './socket.js';
import type { Bearer } from './tokens.js';

export type SocketKind = 'chat' | 'presence';

export interface SocketLimits {
  connectionsPerAddress: number;
  connectionsPerUser: number;
  frames: Rate;
  heartbeat: HeartbeatOptions;
}

/** Where the log lines of sockets go: one a connection, and one a fault. */
export interface SocketLog {
  ended(connection: { kind: SocketKind; userId: string; sessionId: string; address: string; ms: number; code: number }): void;
  refused(request: { kind: SocketKind; address: string; code: ErrorCode }): void;
  fault(error: unknown, about: { userId: string; command: string }): void;
}

export interface SocketsParts {
  chat: ChatDoor;
  presence: PresenceDoor;
  runtime: Runtime;
  meter: Meter;
  log: SocketLog;
  limits: SocketLimits;
}

/** What whoever reads a socket tells its connection. */
export interface Opened {
  readonly connection: Connection;
  /** The socket is gone. */
  readonly ended: (code: number) => void;
}

/** Drained connections are told to come back at different moments. */
const DRAIN_SPREAD_MS = 2_000;
const DRAIN_MAX_MS = 2_000;
/** How long a closing handshake may take before the end. */
const CLOSING_MAX_MS = 500;
const RETRY_AFTER_MS = 2_000;

/** The live sockets of this server, of both kinds, wherever they come from: counted, served, and ended together. */
export class Sockets {
  readonly connections: Connections;
  readonly #parts: SocketsParts;
  readonly #world: ConnectionWorld;
  #draining = false;

  constructor(parts: SocketsParts) {
    this.#parts = parts;
    this.connections = new Connections(parts.runtime, parts.limits.heartbeat);
    this.#world = worldOf(parts);
  }

  start(): void {
    this.connections.start();
  }

  /** Throws a refusal if none may be opened from this address now. */
  admit(address: string): void {
    const { connectionsPerAddress } = this.#parts.limits;
    if (this.#draining) throw new Refusal('draining');
    if (connectionsPerAddress > 0 && this.connections.ofAddress(address) >= connectionsPerAddress)
      throw tooMany('connections of this address');
  }

  /** The same, now that it is known whose it is. Nothing may come between this and `open`. */
  admitUser(address: string, userId: string): void {
    const { connectionsPerUser } = this.#parts.limits;
    this.admit(address);
    if (connectionsPerUser > 0 && this.connections.ofUser(userId) >= connectionsPerUser)
      throw tooMany('connections of this user');
  }

  /** Makes a connection of an open socket. */
  open(kind: SocketKind, socket: Socket, bearer: Bearer, address: string): Opened {
    const { runtime, log, chat, presence, limits } = this.#parts;
    const base = [socket, bearer, address, new Bucket(limits.frames), this.#world] as const;
    const connection: Connection =
      kind === 'chat' ? new ChatConnection(chat, ...base) : new PresenceConnection(presence, ...base);
    const openedAt = runtime.monotonic();
    this.connections.add(connection);
    if (connection instanceof ChatConnection) chat.opened(connection);
    if (connection instanceof PresenceConnection) presence.opened(connection);
    return {
      connection,
      ended: (code) => {
        connection.ended();
        this.connections.remove(connection);
        const { userId, sessionId } = connection.caller;
        log.ended({ kind, userId, sessionId, address, code, ms: Math.round(runtime.monotonic() - openedAt) });
      },
    };
  }

  /** How many connections of each kind there are. */
  counts(): Record<SocketKind, number> {
    const counts = { chat: 0, presence: 0 };
    for (const connection of this.connections) counts[connection instanceof ChatConnection ? 'chat' : 'presence']++;
    return counts;
  }

  /** Those of all connections, each once. */
  sessionIds(): string[] {
    return [...new Set(Array.from(this.connections, ({ caller }) => caller.sessionId))];
  }

  /** Sessions that were logged out, revoked, or whose account is gone: their sockets end now. */
  endSessions(sessionIds: readonly string[]): void {
    this.connections.endSessions(sessionIds, 'session_ended');
  }

  /** Ends all connections, each at another moment, so that they come again. New ones are taken meanwhile. */
  sendAway(): void {
    const { runtime } = this.#parts;
    for (const connection of this.connections) {
      runtime.after(runtime.random() * DRAIN_SPREAD_MS, () => connection.close('draining'));
    }
  }

  /** Takes no more connections, lets what is under way finish, and sends everybody elsewhere. */
  async drain(): Promise<void> {
    this.#draining = true;
    const { runtime } = this.#parts;
    for (const connection of this.connections) {
      const reconnectAfterMs = Math.round(runtime.random() * DRAIN_SPREAD_MS);
      connection.tell({
        type: 'INFO',
        code: 'draining',
        message: 'The server is about to stop; connect again.',
        reconnectAfterMs,
      });
    }
    const wait = (ms: number) => new Promise<void>((resolve) => void runtime.after(ms, resolve));
    // Whoever reads nothing cannot be answered: the server does not wait for them for ever.
    await Promise.race([Promise.all([...this.connections].map((connection) => connection.drain())), wait(DRAIN_MAX_MS)]);
    for (const connection of this.connections) connection.close('draining');
    if (this.connections.size > 0) await wait(CLOSING_MAX_MS);
    for (const connection of this.connections) connection.terminate();
    this.connections.stop();
  }
}

function worldOf({ runtime, meter, log }: SocketsParts): ConnectionWorld {
  return {
    flusher: new Flusher(runtime),
    onFault: (error: unknown, caller: Caller, command: string) => log.fault(error, { userId: caller.userId, command }),
    onRefused: (code) => code === 'rate_limited' && meter.count('rate_limited'),
    onSlow: () => meter.count('connections_closed_slow'),
    onDropped: () => meter.count('frames_dropped'),
  };
}

const tooMany = (what: string) => new Refusal('rate_limited', `Too many ${what}.`, { retryAfterMs: RETRY_AFTER_MS });
