import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * The cookie of a browser's session: a token that no script can read, and that goes along with requests of this site
 * only. Over TLS its name makes sure that nobody but this very host has set it.
 */
const nameFor = ({ protocol }: FastifyRequest) => (protocol === 'https' ? '__Host-parley_session' : 'parley_session');

/** The token in the cookie; null without one. */
export function sessionCookie(request: FastifyRequest): string | null {
  const start = `${nameFor(request)}=`;
  const pair = (request.headers.cookie ?? '').split(';').find((item) => item.trim().startsWith(start));
  return pair === undefined ? null : pair.trim().slice(start.length);
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, holdsS: number): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  reply.header(
    'set-cookie',
    `${nameFor(request)}=${token}; Path=/; Max-Age=${Math.max(0, holdsS)}; HttpOnly; SameSite=Strict${secure}`,
  );
}

export const clearSessionCookie = (request: FastifyRequest, reply: FastifyReply): void => setSessionCookie(request, reply, '', 0);
