import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { http, Refusal } from '@parley/protocol';
import type { Accounts, Credentials, SignedIn } from '../../chat/accounts.js';
import type { Device, Sessions } from '../../chat/sessions.js';
import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import { addressKey } from '../client-address.js';
import type { Limits } from '../limits.js';
import type { Tokens } from '../tokens.js';
import { callerOf, deviceOf, refusals, withoutToken, type HttpApp } from './http-app.js';
import { clearSessionCookie, sessionCookie, setSessionCookie } from './session-cookie.js';

export interface AuthParts {
  accounts: Pick<Accounts, 'isFree' | 'isNew' | 'register' | 'signIn'>;
  sessions: Pick<Sessions, 'end'>;
  tokens: Pick<Tokens, 'issue' | 'ticket'>;
  limits: Pick<Limits, 'logins' | 'loginsPerAddress' | 'registrations'>;
  meter: Meter;
  runtime: Runtime;
}

/** In this order: a token is not to be lost on the way out. */
const signedIn = z.union([http.Authenticated, http.CookieSession]);

/** Registering, signing in and out. */
export function authRoutes(app: HttpApp, parts: AuthParts): void {
  const { accounts, sessions, limits } = parts;
  const tags = ['Accounts'];

  app.post(
    '/auth/register',
    {
      config: { open: true },
      schema: {
        ...withoutToken,
        tags,
        summary: 'Create an account and sign in.',
        body: http.Registration,
        response: { 201: signedIn, ...refusals },
      },
    },
    async (request, reply) => {
      limits.registrations.spend(addressKey(request.ip));
      const registered = await accounts.register(request.body, deviceOf(request));
      return reply.code(201).send(await begun(parts, registered, request, reply));
    },
  );

  app.get(
    '/auth/usernames/:username',
    {
      config: { open: true },
      schema: {
        ...withoutToken,
        tags,
        summary: 'Whether nobody has, or had, a username: for whoever is about to register.',
        params: http.WantedName,
        response: { 200: http.NameState, ...refusals },
      },
    },
    async ({ params: { username } }) => ({ username, free: await accounts.isFree(username) }),
  );

  app.get(
    '/auth/installation',
    {
      config: { open: true },
      schema: {
        ...withoutToken,
        tags,
        summary: 'Whether nobody has an account here yet: then the first page greets.',
        response: { 200: http.Installation, ...refusals },
      },
    },
    async () => ({ isNew: await accounts.isNew() }),
  );

  app.post(
    '/auth/login',
    {
      config: { open: true },
      schema: {
        ...withoutToken,
        tags,
        summary: 'Sign in: opens a session and gives its token, or with `cookie` sets it as a cookie.',
        body: http.SignIn,
        response: { 200: signedIn, ...refusals },
      },
    },
    async (request, reply) => begun(parts, await signIn(parts, request.body, deviceOf(request)), request, reply),
  );

  app.post(
    '/auth/ticket',
    {
      schema: {
        tags,
        summary: 'A ticket that opens sockets of this session within a minute: for pages, which cannot read their cookie.',
        response: { 200: http.Ticket, ...refusals },
      },
    },
    (request) => parts.tokens.ticket(callerOf(request)),
  );

  app.post(
    '/auth/logout',
    {
      schema: {
        tags,
        summary: 'End this session; its sockets close, its cookie goes.',
        response: { 204: z.undefined().describe('Ended.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request);
      await sessions.end(userId, sessionId);
      if (sessionCookie(request) !== null) clearSessionCookie(request, reply);
      return reply.code(204).send();
    },
  );
}

async function signIn({ accounts, limits, meter }: AuthParts, credentials: Credentials, device: Device): Promise<SignedIn> {
  try {
    limits.loginsPerAddress.spend(addressKey(device.address ?? ''));
    limits.logins.spend(credentials.username.toLowerCase());
    const signedIn = await accounts.signIn(credentials, device);
    meter.count('logins');
    return signedIn;
  } catch (error) {
    if (error instanceof Refusal) meter.count('logins_refused');
    throw error;
  }
}

/** The answer to who has just signed in: with the token, or with it in a cookie. */
async function begun(
  { tokens, runtime }: AuthParts,
  { me: user, session }: SignedIn,
  request: FastifyRequest<{ Body: { cookie: boolean } }>,
  reply: FastifyReply,
): Promise<http.Authenticated | http.CookieSession> {
  const { id: sessionId, expiresAt } = session;
  const token = await tokens.issue({ userId: user.userId, username: user.username, sessionId, expiresAt });
  if (!request.body.cookie) return { token, expiresAt, sessionId, user };
  setSessionCookie(request, reply, token, Math.floor((expiresAt - runtime.now()) / 1_000));
  return { expiresAt, sessionId, user };
}
