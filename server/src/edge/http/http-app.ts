import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { http, Refusal } from '@parley/protocol';
import type { Device } from '../../chat/sessions.js';
import type { Bearer } from '../tokens.js';

/** A fastify instance whose routes are typed by their zod schemas. */
export type HttpApp = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token came with the request; null on open routes. */
    caller: Bearer | null;
  }
  interface FastifyContextConfig {
    /** Answers without a token. Every other route needs one. */
    open?: boolean;
    /** Tags the answer, and says 304 to who has it already. */
    etag?: boolean;
    /** Not counted against the address, and logged as debug: asked every few seconds by machines. */
    probe?: boolean;
  }
}

/** The caller of a route that needs a token. */
export function callerOf(request: FastifyRequest): Bearer {
  if (!request.caller) throw new Refusal('not_authenticated');
  return request.caller;
}

/** From where the request comes, as its session remembers it. A socket that is gone already has no address. */
export function deviceOf(request: FastifyRequest): Device {
  return { userAgent: request.headers['user-agent'] ?? null, address: request.ip || null };
}

/** Beside the good answers of a route: every refusal has one shape. */
export const refusals = { '4xx': http.ErrorBody, '5xx': http.ErrorBody } as const;
/** In the schema of an open route: no token is needed. */
export const withoutToken: { security: Record<string, string[]>[] } = { security: [] };
