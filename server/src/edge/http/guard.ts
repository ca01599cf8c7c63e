import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '@parley/protocol';
import type { Meter } from '../../ports/meter.js';
import type { Buckets } from '../rate-limit.js';
import { addressKey } from '../client-address.js';
import { bearerToken, type Tokens } from '../tokens.js';

type OnRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** onRequest: so many requests from one address, before anything is done for them. */
export function limitRequests(requests: Buckets): OnRequest {
  return async (request) => {
    if (!request.routeOptions.config.probe) requests.spend(addressKey(request.ip));
  };
}

/** onRequest: every route needs a token that holds, unless it says that it is open. */
export function requireToken(tokens: Pick<Tokens, 'authenticate'>): OnRequest {
  return async (request) => {
    if (request.routeOptions.config.open || request.is404) return;
    request.caller = await tokens.authenticate(bearerToken(request.headers.authorization));
  };
}

/** Counts what a limit refused, wherever it was. */
export function countRefused(meter: Meter) {
  return async (_request: FastifyRequest, _reply: FastifyReply, error: Error): Promise<void> => {
    if (error instanceof Refusal && error.code === 'rate_limited') meter.count('rate_limited');
  };
}
