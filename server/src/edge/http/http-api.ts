import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { fastify } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { LIMITS, Refusal } from '@parley/protocol';
import type { Logger } from '../../ports/logger.js';
import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import { isTrusted, type TrustedProxies } from '../client-address.js';
import type { Limits } from '../limits.js';
import type { Tokens } from '../tokens.js';
import { adminRoutes, type AdminParts } from './admin.js';
import { authRoutes, type AuthParts } from './auth.js';
import { chatRoutes, type ChatsParts } from './chats.js';
import { CLOSED_CSP } from './csp.js';
import { docsRoutes } from './docs.js';
import { tagAnswer } from './etag.js';
import { answerFailure } from './failure.js';
import { groupRoutes, type GroupsParts } from './groups.js';
import { countRefused, limitRequests, requireToken } from './guard.js';
import { healthRoutes } from './health.js';
import type { HttpApp } from './http-app.js';
import { answerBadHttp, httpServer, type Tls } from './http-server.js';
import { acceptJsonOnly } from './json-body.js';
import { meRoutes, type MeParts } from './me.js';
import { metricsRoutes, type MetricsPage } from './metrics.js';
import { requestLog, type RequestMeter } from './request-log.js';
import { userRoutes, type UsersParts } from './users.js';
import { validateByZod } from './validation.js';
import { webAppRoutes } from './web-app.js';
import type { Health } from '../health.js';

export interface HttpOptions {
  version: string;
  tls: Tls | null;
  corsOrigins: readonly string[] | '*';
  trustedProxies: TrustedProxies;
  metricsToken: string | null;
  /** Of the web client's build. */
  webFolder: string;
}

/** Everything that the HTTP API speaks for. */
export type HttpParts = AdminParts & AuthParts & MeParts & UsersParts & ChatsParts & GroupsParts & Common;

interface Common {
  options: HttpOptions;
  runtime: Runtime;
  logger: Logger;
  meter: Meter;
  metrics: MetricsPage & RequestMeter;
  limits: Limits;
  tokens: Pick<Tokens, 'issue' | 'ticket' | 'authenticate'>;
  health: Pick<Health, 'parts' | 'read' | 'readiness'>;
}

/** Longer than any id or username; a path with more than that names nothing. */
const PATH_PART_MAX_CHARS = 128;
const PREFLIGHT_KEPT_S = 600;

/**
 * The HTTP API. Not listening yet: `await app.ready()` before its `server` is handed upgrades, or `await app.listen(…)`.
 */
export function buildHttpApi(parts: HttpParts): HttpApp {
  const app = newApp(parts);
  acceptJsonOnly(app);
  app.setValidatorCompiler(validateByZod);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerFailure(error, request, reply, parts.logger));
  app.setNotFoundHandler(() => {
    throw new Refusal('not_found', 'there is no such route');
  });
  app.decorateRequest('caller', null);
  protect(app, parts);
  app.register(async (scope: HttpApp) => {
    apiRoutes(scope, parts);
    docsRoutes(scope, { version: parts.options.version, addRoutes: (described) => apiRoutes(described, parts) });
    webAppRoutes(scope, { folder: parts.options.webFolder });
  });
  return app;
}

/** Every route but those that describe them. */
export function apiRoutes(app: HttpApp, parts: HttpParts): void {
  authRoutes(app, parts);
  meRoutes(app, parts);
  userRoutes(app, parts);
  chatRoutes(app, parts);
  groupRoutes(app, parts);
  adminRoutes(app, parts);
  healthRoutes(app, parts);
  metricsRoutes(app, { metrics: parts.metrics, metricsToken: parts.options.metricsToken });
}

function newApp({ options, runtime, logger }: HttpParts): HttpApp {
  const { tls, trustedProxies } = options;
  return fastify({
    serverFactory: (listener) => httpServer(listener, tls),
    clientErrorHandler: answerBadHttp,
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply, logger),
    logger: false,
    genReqId: () => runtime.id(),
    bodyLimit: LIMITS.bodyMaxBytes,
    trustProxy: (address, hop) => isTrusted(trustedProxies, address, hop),
    routerOptions: { maxParamLength: PATH_PART_MAX_CHARS, ignoreTrailingSlash: true },
    // Whoever is being served when the server drains is served to the end.
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
}

/** The hooks of every request, in their order: headers first, so that refusals carry them too; then limits, then the token. */
function protect(app: HttpApp, { options, limits, tokens, logger, metrics, meter }: HttpParts): void {
  app.register(helmet, {
    // Set below, once and for all: helmet would put it together anew for each request, at 12 µs.
    contentSecurityPolicy: false,
    strictTransportSecurity: options.tls !== null && { maxAge: 31_536_000 },
  });
  app.register(cors, {
    origin: options.corsOrigins === '*' ? '*' : [...options.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'if-none-match'],
    exposedHeaders: ['etag', 'retry-after', 'x-request-id'],
    maxAge: PREFLIGHT_KEPT_S,
    strictPreflight: false,
  });
  app.after(() => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', CLOSED_CSP).header('x-request-id', request.id);
    });
    app.addHook('onRequest', limitRequests(limits.requests));
    app.addHook('onRequest', requireToken(tokens, options));
    app.addHook('onSend', tagAnswer);
    app.addHook('onError', countRefused(meter));
    app.addHook('onResponse', requestLog(logger, metrics));
  });
}
