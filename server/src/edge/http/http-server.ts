import { createServer, STATUS_CODES, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Refusal } from '@parley/protocol';
import { errorBody } from './failure.js';

/** A certificate and its key, as PEM. */
export interface Tls {
  cert: Buffer;
  key: Buffer;
}

/** Whoever sends slowly, by purpose or not, holds a socket no longer than this. */
const DEADLINES: ServerOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
};
const HEADERS_MAX_BYTES = 16_384;
const REQUESTS_PER_SOCKET_MAX = 1_000;
/** Also for a client that does not take its answer. A WebSocket's own deadlines replace it at the upgrade. */
const SILENCE_MAX_MS = 60_000;

/** The node server behind the HTTP API: plain, or with TLS. */
export function httpServer(listener: RequestListener, tls: Tls | null): Server {
  const options = { ...DEADLINES, maxHeaderSize: HEADERS_MAX_BYTES };
  const server = tls ? createTlsServer({ ...options, ...tls, minVersion: 'TLSv1.2' }, listener) : createServer(options, listener);
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET_MAX;
  server.timeout = SILENCE_MAX_MS;
  return server;
}

/** Answers what is not even HTTP, or came too slowly, in the same shape as everything else, and hangs up. */
export function answerBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const { status, refusal } = badHttp(error.code);
  const body = JSON.stringify(errorBody(refusal));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function badHttp(code: string | undefined): { status: number; refusal: Refusal } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, refusal: new Refusal('too_large', 'the headers are larger than allowed') };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, refusal: new Refusal('invalid_field', 'the request did not arrive in time') };
    case undefined:
    default:
      return { status: 400, refusal: new Refusal('invalid_field', 'this is not an HTTP request') };
  }
}
