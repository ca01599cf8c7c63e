import { createHash } from 'node:crypto';
import { asyncApiDocument } from './async-api.js';
import { ASYNC_PAGE_STYLE, asyncPage } from './async-page.js';
import { CLOSED_CSP } from './csp.js';
import type { HttpApp } from './http-app.js';
import { openApiDocument } from './open-api.js';
import { SWAGGER_UI_ASSETS, SWAGGER_UI_PAGE, SWAGGER_UI_START, SWAGGER_UI_STYLE, swaggerUiAsset } from './swagger-ui.js';

/** The readable page of the HTTP API brings scripts and styles of its own, all from this server. */
const SWAGGER_UI_CSP = `${CLOSED_CSP}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'`;
const ASYNC_PAGE_CSP = `${CLOSED_CSP}; style-src 'sha256-${createHash('sha256').update(ASYNC_PAGE_STYLE).digest('base64')}'`;

const JSON_TYPE = 'application/json; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';
const options = { config: { open: true, etag: true }, schema: { hide: true } };

export interface DocsParts {
  version: string;
  /** Adds the routes that the OpenAPI document describes. */
  addRoutes: (app: HttpApp) => void;
}

/** The API documents and the pages that show them. Each is made when it is first asked for, and kept. */
export function docsRoutes(app: HttpApp, { version, addRoutes }: DocsParts): void {
  const openApi = once(async () => JSON.stringify(await openApiDocument(version, addRoutes)));
  const asyncApi = once(() => JSON.stringify(asyncApiDocument(version)));
  const page = once(() => asyncPage(version));

  app.get('/openapi.json', options, async (_request, reply) => reply.type(JSON_TYPE).send(await openApi()));
  app.get('/asyncapi.json', options, (_request, reply) => reply.type(JSON_TYPE).send(asyncApi()));
  app.get('/docs/async', options, (_request, reply) =>
    reply.header('content-security-policy', ASYNC_PAGE_CSP).type(HTML_TYPE).send(page()),
  );
  swaggerUiRoutes(app);
}

function swaggerUiRoutes(app: HttpApp): void {
  app.get('/docs', options, (_request, reply) =>
    reply.header('content-security-policy', SWAGGER_UI_CSP).type(HTML_TYPE).send(SWAGGER_UI_PAGE),
  );
  app.get('/docs/start.js', options, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(SWAGGER_UI_START));
  app.get('/docs/page.css', options, (_request, reply) => reply.type('text/css; charset=utf-8').send(SWAGGER_UI_STYLE));
  for (const name of SWAGGER_UI_ASSETS) {
    app.get(`/docs/${name}`, options, async (_request, reply) => {
      const { type, content } = await swaggerUiAsset(name);
      return reply.type(type).send(content);
    });
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
