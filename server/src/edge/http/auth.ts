import { z } from 'zod';
import { http, Refusal } from '@parley/protocol';
import type { Accounts, Credentials, SignedIn } from '../../chat/accounts.js';
import type { Device, Sessions } from '../../chat/sessions.js';
import type { Meter } from '../../ports/meter.js';
import { addressKey } from '../client-address.js';
import type { Limits } from '../limits.js';
import type { Tokens } from '../tokens.js';
import { callerOf, deviceOf, refusals, withoutToken, type HttpApp } from './http-app.js';

export interface AuthParts {
  accounts: Pick<Accounts, 'register' | 'signIn'>;
  sessions: Pick<Sessions, 'end'>;
  tokens: Pick<Tokens, 'issue'>;
  limits: Pick<Limits, 'logins' | 'loginsPerAddress' | 'registrations'>;
  meter: Meter;
}

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
        response: { 201: http.Authenticated, ...refusals },
      },
    },
    async (request, reply) => {
      limits.registrations.spend(addressKey(request.ip));
      const signedIn = await accounts.register(request.body, deviceOf(request));
      return reply.code(201).send(await authenticated(parts.tokens, signedIn));
    },
  );

  app.post(
    '/auth/login',
    {
      config: { open: true },
      schema: {
        ...withoutToken,
        tags,
        summary: 'Sign in: opens a session and gives its token.',
        body: http.Credentials,
        response: { 200: http.Authenticated, ...refusals },
      },
    },
    async (request) => {
      const signedIn = await signIn(parts, request.body, deviceOf(request));
      return authenticated(parts.tokens, signedIn);
    },
  );

  app.post(
    '/auth/logout',
    {
      schema: {
        tags,
        summary: 'End the session of this token; its sockets close.',
        response: { 204: z.undefined().describe('Ended.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request);
      await sessions.end(userId, sessionId);
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

async function authenticated(tokens: Pick<Tokens, 'issue'>, { me, session }: SignedIn): Promise<http.Authenticated> {
  const { id: sessionId, expiresAt } = session;
  const token = await tokens.issue({ userId: me.userId, username: me.username, sessionId, expiresAt });
  return { token, expiresAt, sessionId, user: me };
}
