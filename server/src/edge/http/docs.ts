import { createHash } from 'node:crypto';
import swaggerUi from '@fastify/swagger-ui';
import { asyncApiDocument } from './async-api.js';
import { ASYNC_PAGE_STYLE, asyncPage } from './async-page.js';
import type { HttpApp } from './http-app.js';

const CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** The readable page of the HTTP API brings scripts and styles of its own, all from this server. */
const SWAGGER_UI_CSP = `${CLOSED}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'`;
const ASYNC_PAGE_CSP = `${CLOSED}; style-src 'sha256-${createHash('sha256').update(ASYNC_PAGE_STYLE).digest('base64')}'`;

/** The API documents and the pages that show them. Each is made when it is first asked for, and kept. */
export function docsRoutes(app: HttpApp, version: string): void {
  const config = { open: true, etag: true };
  const schema = { hide: true };
  const openApi = once(() => JSON.stringify(app.swagger()));
  const asyncApi = once(() => JSON.stringify(asyncApiDocument(version)));
  const page = once(() => asyncPage(version));

  app.get('/openapi.json', { config, schema }, (_request, reply) => reply.type('application/json; charset=utf-8').send(openApi()));
  app.get('/asyncapi.json', { config, schema }, (_request, reply) => reply.type('application/json; charset=utf-8').send(asyncApi()));
  app.get('/docs/async', { config, schema }, (_request, reply) =>
    reply.header('content-security-policy', ASYNC_PAGE_CSP).type('text/html; charset=utf-8').send(page()),
  );
  app.register(async (scope: HttpApp) => {
    scope.addHook('onRoute', (route) => void (route.config = { ...route.config, open: true }));
    await scope.register(swaggerUi, { routePrefix: '/docs', staticCSP: SWAGGER_UI_CSP, uiConfig: { docExpansion: 'list', tryItOutEnabled: true } });
  });
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}
