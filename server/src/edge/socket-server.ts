import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, LIMITS, Refusal, type ErrorCode } from '@parley/protocol';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Caller } from '../chat/caller.js';
import { refusalFrom } from '../chat/refused.js';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import { ChatConnection, type ChatDoor } from './chat-connection.js';
import { addressKey, clientAddress, type TrustedProxies } from './client-address.js';
import type { Connection, ConnectionWorld } from './connection.js';
import { Connections, type HeartbeatOptions } from './connections.js';
import { isOwnOrigin } from './own-origin.js';
import { PresenceConnection, type PresenceDoor } from './presence-connection.js';
import { asksForWebSocket, PlainRequests } from './plain-requests.js';
import { Bucket, type Rate } from './rate-limit.js';
import { Flusher } from './send-queue.js';
import { WsSocket } from './socket.js';
import { SUBPROTOCOL, upgradeToken, type Bearer, type Tokens } from './tokens.js';

export type SocketKind = 'chat' | 'presence';

export interface SocketOptions {
  /** Whose pages may connect, beside those of this server. */
  origins: '*' | readonly string[];
  trustedProxies: TrustedProxies;
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

export interface SocketServerParts {
  chat: ChatDoor;
  presence: PresenceDoor;
  tokens: Tokens;
  runtime: Runtime;
  meter: Meter;
  log: SocketLog;
  options: SocketOptions;
}

/** Drained connections are told to come back at different moments. */
const DRAIN_SPREAD_MS = 2_000;
const DRAIN_MAX_MS = 2_000;
/** How long a closing handshake may take before the end. */
const CLOSING_MAX_MS = 500;
const RETRY_AFTER_S = 2;

/** Takes upgrades of either kind from any HTTP server: admits, authenticates, and makes connections of them. */
export class SocketServer {
  readonly connections: Connections;
  readonly #parts: SocketServerParts;
  readonly #ws = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: LIMITS.frameMaxBytes,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #world: ConnectionWorld;
  #draining = false;

  constructor(parts: SocketServerParts) {
    this.#parts = parts;
    this.connections = new Connections(parts.runtime, parts.options.heartbeat);
    this.#world = worldOf(parts);
  }

  start(): void {
    this.connections.start();
  }

  /** Serves the upgrades of an HTTP server whose path `kindOf` knows; others are 404. Other upgrades are not taken up. */
  serve(server: Server, kindOf: (path: string) => SocketKind | null): void {
    const plain = new PlainRequests(server);
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (!asksForWebSocket(request)) return plain.serve(request, stream, head);
      stream.on('error', destroyStream);
      const kind = kindOf((request.url ?? '/').split('?', 1)[0] ?? '/');
      if (kind === null) return refuseUpgrade(stream, new Refusal('not_found'));
      this.#upgrade(kind, request, stream, head).catch((error: unknown) => this.#refuse(kind, request, stream, error));
    });
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

  async #upgrade(kind: SocketKind, request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const address = this.#admit(request);
    const bearer = await this.#parts.tokens.authenticateSocket(upgradeToken(request));
    const { connectionsPerUser } = this.#parts.options;
    // Again, now that nothing comes between the check and the count: many may have arrived while tokens were checked.
    this.#checkAddress(address);
    if (this.#draining) throw new Refusal('draining');
    if (connectionsPerUser > 0 && this.connections.ofUser(bearer.userId) >= connectionsPerUser)
      throw tooMany('connections of this user');
    if (stream.destroyed) return;
    this.#ws.handleUpgrade(request, stream, head, (ws) => this.#open(kind, ws, stream, bearer, address));
  }

  /** What can be told without knowing who it is. Gives the address that limits count by. */
  #admit(request: IncomingMessage): string {
    const { origins, trustedProxies } = this.#parts.options;
    if (this.#draining) throw new Refusal('draining');
    const { origin } = request.headers;
    const isKnown = origin === undefined || origins === '*' || origins.includes(origin);
    if (!isKnown && !isOwnOrigin(origin, request, trustedProxies)) {
      throw new Refusal('not_allowed', 'This origin may not connect; see CORS_ORIGIN.', { field: 'Origin' });
    }
    const address = addressKey(clientAddress(request, trustedProxies));
    this.#checkAddress(address);
    return address;
  }

  #checkAddress(address: string): void {
    const { connectionsPerAddress } = this.#parts.options;
    if (connectionsPerAddress > 0 && this.connections.ofAddress(address) >= connectionsPerAddress) {
      throw tooMany('connections of this address');
    }
  }

  #open(kind: SocketKind, ws: WebSocket, stream: Duplex, bearer: Bearer, address: string): void {
    const { runtime, log, chat, presence, options } = this.#parts;
    const base = [new WsSocket(ws, stream), bearer, address, new Bucket(options.frames), this.#world] as const;
    const connection: Connection =
      kind === 'chat' ? new ChatConnection(chat, ...base) : new PresenceConnection(presence, ...base);
    const openedAt = runtime.monotonic();
    this.connections.add(connection);
    ws.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) connection.receiveBinary();
      else connection.receive(asText(data), runtime.monotonic());
    });
    ws.on('pong', () => connection.heard());
    ws.on('error', () => undefined); // 'close' follows, with the code that ws chose
    ws.on('close', (code) => {
      connection.ended();
      this.connections.remove(connection);
      const { userId, sessionId } = connection.caller;
      log.ended({ kind, userId, sessionId, address, code, ms: Math.round(runtime.monotonic() - openedAt) });
    });
    if (connection instanceof ChatConnection) chat.opened(connection);
    if (connection instanceof PresenceConnection) presence.opened(connection);
  }

  #refuse(kind: SocketKind, request: IncomingMessage, stream: Duplex, error: unknown): void {
    const known = refusalFrom(error);
    const refusal = known instanceof Refusal ? known : new Refusal('internal');
    if (!(known instanceof Refusal)) this.#parts.log.fault(error, { userId: '', command: 'upgrade' });
    this.#parts.log.refused({ kind, address: clientAddress(request, this.#parts.options.trustedProxies), code: refusal.code });
    refuseUpgrade(stream, refusal);
  }
}

function worldOf({ runtime, meter, log }: SocketServerParts): ConnectionWorld {
  return {
    flusher: new Flusher(runtime),
    onFault: (error: unknown, caller: Caller, command: string) => log.fault(error, { userId: caller.userId, command }),
    onRefused: (code) => code === 'rate_limited' && meter.count('rate_limited'),
    onSlow: () => meter.count('connections_closed_slow'),
    onDropped: () => meter.count('frames_dropped'),
  };
}

/** Not a closure: made beside the request, it would keep that, headers and all, for as long as the connection lives. */
function destroyStream(this: Duplex): void {
  this.destroy();
}

const tooMany = (what: string) => new Refusal('rate_limited', `Too many ${what}.`, { retryAfterMs: RETRY_AFTER_S * 1_000 });

/** `ws` gives text frames as buffers. */
const asText = (data: RawData): string =>
  Buffer.isBuffer(data) ? data.toString() : Buffer.concat([data as ArrayBuffer & Buffer[]].flat() as Buffer[]).toString();

/** Answers an upgrade as HTTP, in the one error shape, and ends it. */
function refuseUpgrade(stream: Duplex, refusal: Refusal): void {
  const { status } = ERROR_CODES[refusal.code];
  const { code, message, field, retryable, retryAfterMs } = refusal;
  const body = JSON.stringify({ error: { code, message, field, retryable, retryAfterMs } });
  const retryAfter = retryable ? `Retry-After: ${Math.ceil((retryAfterMs ?? RETRY_AFTER_S * 1_000) / 1_000)}\r\n` : '';
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: application/json\r\n${retryAfter}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
