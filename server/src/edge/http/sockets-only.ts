import type { RequestListener, Server } from 'node:http';
import { Refusal } from '@parley/protocol';
import { errorBody } from './failure.js';
import type { HttpApp } from './http-app.js';
import { httpServer, type Tls } from './http-server.js';

const OPERATION = /^\/(health(\/live|\/ready)?|metrics)\/?(\?|$)/;
const JSON_TYPE = { connection: 'close', 'content-type': 'application/json; charset=utf-8' };

/** A server that takes WebSocket upgrades, and tells how it is; to anything else it says where the HTTP API is. */
export function socketsOnly(api: HttpApp, tls: Tls | null): Server {
  const body = bodyOf(new Refusal('invalid_field', 'expected a WebSocket upgrade; the HTTP API is on HTTP_PORT'));
  return besideApi(api, tls, (_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', ...JSON_TYPE }).end(body);
  });
}

/** The server of a process that has no door: it only tells how it is. */
export function operationOnly(api: HttpApp, tls: Tls | null): Server {
  const body = bodyOf(new Refusal('not_found', 'this process has only /health and /metrics: its roles have no HTTP API'));
  return besideApi(api, tls, (_request, response) => {
    response.writeHead(404, JSON_TYPE).end(body);
  });
}

/** `/health` and `/metrics` are the API's own routes, with their hooks, whether or not the API itself listens. */
function besideApi(api: HttpApp, tls: Tls | null, otherwise: RequestListener): Server {
  return httpServer((request, response) => {
    if (OPERATION.test(request.url ?? '')) api.routing(request, response);
    else otherwise(request, response);
  }, tls);
}

const bodyOf = (refusal: Refusal) => JSON.stringify(errorBody(refusal));
