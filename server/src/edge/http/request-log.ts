import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../ports/logger.js';

/** What is measured of a request. */
export interface RequestMeter {
  request(seen: { method: string; route: string; status: number; seconds: number }): void;
}

/** onResponse: one line for each request, and its time. The pattern of the route, never the URL: that may hold a token. */
export function requestLog(logger: Logger, metrics: RequestMeter) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { id, method, caller } = request;
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const status = reply.statusCode;
    const fields = {
      id,
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(caller && { userId: caller.userId }),
    };
    metrics.request({ method, route, status, seconds: reply.elapsedTime / 1_000 });
    if (request.routeOptions.config.probe) logger.debug(fields, 'request');
    else logger.info(fields, 'request');
  };
}
