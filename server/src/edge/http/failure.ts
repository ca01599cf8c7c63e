import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CODES, Refusal, type http } from '@parley/protocol';
import { refusalFrom } from '../../chat/refused.js';
import type { Logger } from '../../ports/logger.js';

/** The refusal that an error of whatever origin is answered with. `internal` for what should not have happened. */
export function refusalOfError(error: unknown): Refusal {
  const known = refusalFrom(error);
  if (known instanceof Refusal) return known;
  return (isClientError(error) && refusalOfFramework(error.code)) || new Refusal('internal');
}

/** The one shape of every refusal. */
export function errorBody({ code, message, field, retryable, retryAfterMs }: Refusal): http.ErrorBody {
  return {
    error: {
      code,
      message,
      ...(field !== undefined && { field }),
      retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  };
}

/** Answers with the refusal of the error; what was not to be expected is logged, here and nowhere else. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const refusal = refusalOfError(error);
  if (refusal.code === 'internal') {
    logger.error({ err: error, id: request.id, method: request.method, route: request.routeOptions.url }, 'request failed');
  }
  const { status } = ERROR_CODES[refusal.code];
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (refusal.retryAfterMs !== undefined)
    reply.header('retry-after', String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1_000))));
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(errorBody(refusal));
}

interface ClientError {
  statusCode: number;
  code: string;
}

function isClientError(error: unknown): error is ClientError {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500;
}

/** What fastify itself refuses, in our words. */
function refusalOfFramework(code: string): Refusal {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Refusal('too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Refusal('unsupported_media_type');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Refusal('bad_json', 'the body is not as long as content-length says');
    case 'FST_ERR_BAD_URL':
      return new Refusal('invalid_field', 'url: expected valid percent-encoding', { field: 'url' });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Refusal('not_found');
    default:
      return new Refusal('bad_json', 'the body cannot be read');
  }
}
