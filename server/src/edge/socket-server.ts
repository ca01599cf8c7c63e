import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, LIMITS, Refusal } from '@parley/protocol';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { refusalFrom } from '../chat/refused.js';
import type { Runtime } from '../ports/runtime.js';
import { addressKey, clientAddress, type TrustedProxies } from './client-address.js';
import { isOwnOrigin } from './own-origin.js';
import { asksForWebSocket, PlainRequests } from './plain-requests.js';
import { WsSocket } from './socket.js';
import type { SocketKind, SocketLog, Sockets } from './sockets.js';
import { SUBPROTOCOL, upgradeToken, type Bearer, type Tokens } from './tokens.js';

export interface UpgradeOptions {
  /** Whose pages may connect, beside those of this server. */
  origins: '*' | readonly string[];
  trustedProxies: TrustedProxies;
}

export interface SocketServerParts {
  sockets: Sockets;
  tokens: Tokens;
  runtime: Runtime;
  log: SocketLog;
  options: UpgradeOptions;
}

const RETRY_AFTER_S = 2;

/** Takes upgrades of either kind from any HTTP server: admits, authenticates, and makes sockets of them. */
export class SocketServer {
  readonly #parts: SocketServerParts;
  readonly #ws = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: LIMITS.frameMaxBytes,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  constructor(parts: SocketServerParts) {
    this.#parts = parts;
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

  async #upgrade(kind: SocketKind, request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const { sockets, tokens } = this.#parts;
    const address = this.#admit(request);
    const bearer = await tokens.authenticateSocket(upgradeToken(request));
    // Again, now that nothing comes between the check and the count: many may have arrived while tokens were checked.
    sockets.admitUser(address, bearer.userId);
    if (stream.destroyed) return;
    this.#ws.handleUpgrade(request, stream, head, (ws) => this.#open(kind, ws, stream, bearer, address));
  }

  /** What can be told without knowing who it is. Gives the address that limits count by. */
  #admit(request: IncomingMessage): string {
    const { sockets, options } = this.#parts;
    const { origins, trustedProxies } = options;
    const address = addressKey(clientAddress(request, trustedProxies));
    const { origin } = request.headers;
    const isKnown = origin === undefined || origins === '*' || origins.includes(origin);
    if (!isKnown && !isOwnOrigin(origin, request, trustedProxies)) {
      throw new Refusal('not_allowed', 'This origin may not connect; see CORS_ORIGIN.', { field: 'Origin' });
    }
    sockets.admit(address);
    return address;
  }

  #open(kind: SocketKind, ws: WebSocket, stream: Duplex, bearer: Bearer, address: string): void {
    const { sockets, runtime } = this.#parts;
    const { connection, ended } = sockets.open(kind, new WsSocket(ws, stream), bearer, address);
    ws.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) connection.receiveBinary();
      else connection.receive(asText(data), runtime.monotonic());
    });
    ws.on('pong', () => connection.heard());
    ws.on('error', () => undefined); // 'close' follows, with the code that ws chose
    ws.on('close', ended);
  }

  #refuse(kind: SocketKind, request: IncomingMessage, stream: Duplex, error: unknown): void {
    const known = refusalFrom(error);
    const refusal = known instanceof Refusal ? known : new Refusal('internal');
    if (!(known instanceof Refusal)) this.#parts.log.fault(error, { userId: '', command: 'upgrade' });
    this.#parts.log.refused({ kind, address: clientAddress(request, this.#parts.options.trustedProxies), code: refusal.code });
    refuseUpgrade(stream, refusal);
  }
}

/** Not a closure: made beside the request, it would keep that, headers and all, for as long as the connection lives. */
function destroyStream(this: Duplex): void {
  this.destroy();
}

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
