import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * onSend: tags answers of routes with `etag`, so that who has one already gets 304 and no body. The work is done all the
 * same; what is spared is the way. Other answers with content of a user are not to be kept by anybody.
 */
export async function tagAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const { etag, open } = request.routeOptions.config;
  const tagged = etag === true && reply.statusCode === 200 && (typeof payload === 'string' || Buffer.isBuffer(payload));
  if (!reply.hasHeader('cache-control'))
    reply.header('cache-control', tagged ? `${open ? 'public' : 'private'}, no-cache` : 'no-store');
  if (!tagged) return payload;
  const tag = `"${createHash('sha1').update(payload).digest('base64url')}"`;
  reply.header('etag', tag);
  if (!isAmong(tag, request.headers['if-none-match'])) return payload;
  reply.code(304).removeHeader('content-length');
  return null;
}

function isAmong(tag: string, header: string | undefined): boolean {
  if (header === undefined) return false;
  return header === '*' || header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag);
}
