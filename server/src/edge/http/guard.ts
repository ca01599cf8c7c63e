import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '@parley/protocol';
import type { Meter } from '../../ports/meter.js';
import type { Buckets } from '../rate-limit.js';
import { addressKey, type TrustedProxies } from '../client-address.js';
import { isOwnOrigin } from '../own-origin.js';
import { bearerToken, type Tokens } from '../tokens.js';
import { sessionCookie } from './session-cookie.js';

type OnRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** onRequest: so many requests from one address, before anything is done for them. */
export function limitRequests(requests: Buckets): OnRequest {
  return async (request) => {
    if (!request.routeOptions.config.probe) requests.spend(addressKey(request.ip));
  };
}

/** From where a browser may act in the name of its cookie. */
export interface PageOrigins {
  corsOrigins: readonly string[] | '*';
  trustedProxies: TrustedProxies;
}

/** onRequest: every route needs a token that holds, as bearer or in the cookie, unless it says that it is open. */
export function requireToken(tokens: Pick<Tokens, 'authenticate'>, pages: PageOrigins): OnRequest {
  return async (request) => {
    if (request.routeOptions.config.open || request.is404) return;
    const bearer = bearerToken(request.headers.authorization);
    if (bearer === null && sessionCookie(request) !== null) requireOwnPage(request, pages);
    request.caller = await tokens.authenticate(bearer ?? sessionCookie(request));
  };
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A cookie goes along whoever makes the browser ask. What changes something is therefore taken from pages of this server
 * only, as the browser tells: by Sec-Fetch-Site, or where it sends none (plain HTTP, older ones) by Origin.
 */
function requireOwnPage(request: FastifyRequest, { corsOrigins, trustedProxies }: PageOrigins): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (SAFE_METHODS.has(request.method) || site === 'same-origin') return;
  if (origin !== undefined && corsOrigins !== '*' && corsOrigins.includes(origin)) return;
  if (site === undefined && origin !== undefined && isOwnOrigin(origin, request.raw, trustedProxies)) return;
  throw new Refusal('not_allowed', 'With a cookie, only a page of this server may do this; see CORS_ORIGIN.', {
    field: 'Origin',
  });
}

/** Counts what a limit refused, wherever it was. */
export function countRefused(meter: Meter) {
  return async (_request: FastifyRequest, _reply: FastifyReply, error: Error): Promise<void> => {
    if (error instanceof Refusal && error.code === 'rate_limited') meter.count('rate_limited');
  };
}
