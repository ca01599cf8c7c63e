import type { Server } from 'node:http';
import { Refusal } from '@parley/protocol';
import { errorBody } from './failure.js';
import { httpServer, type Tls } from './http-server.js';

/** A server that takes WebSocket upgrades; to anything else it says where the HTTP API is. */
export function socketsOnly(tls: Tls | null): Server {
  const body = JSON.stringify(
    errorBody(new Refusal('invalid_field', 'expected a WebSocket upgrade; the HTTP API is on HTTP_PORT')),
  );
  return httpServer((_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'close', 'content-type': 'application/json; charset=utf-8' });
    response.end(body);
  }, tls);
}
