import { Readable } from 'node:stream';
import { z } from 'zod';
import { http, Refusal } from '@parley/protocol';
import type { Accounts } from '../../chat/accounts.js';
import type { Chats } from '../../chat/chats.js';
import type { Closing } from '../../chat/closing.js';
import type { ConversationSettings } from '../../chat/conversation-settings.js';
import type { Export } from '../../chat/export.js';
import type { Sessions } from '../../chat/sessions.js';
import type { Limits } from '../limits.js';
import { callerOf, refusals, type HttpApp } from './http-app.js';
import { clearSessionCookie, sessionCookie } from './session-cookie.js';

export interface MeParts {
  accounts: Pick<Accounts, 'profile' | 'changeProfile' | 'changePassword'>;
  sessions: Pick<Sessions, 'list' | 'end'>;
  chats: Pick<Chats, 'blocks' | 'block' | 'unblock'>;
  settings: Pick<ConversationSettings, 'change'>;
  exports: Pick<Export, 'of'>;
  closing: Pick<Closing, 'close'>;
  limits: Pick<Limits, 'logins' | 'history'>;
}

/** One's own account: profile, password, sessions, blocks. */
export function meRoutes(app: HttpApp, parts: MeParts): void {
  profileRoutes(app, parts);
  sessionRoutes(app, parts);
  blockRoutes(app, parts);
  settingsRoutes(app, parts);
  ownDataRoutes(app, parts);
}

function profileRoutes(app: HttpApp, { accounts, limits }: MeParts): void {
  const tags = ['Me'];

  app.get('/me', { schema: { tags, summary: 'One’s own account.', response: { 200: http.Me, ...refusals } } }, (request) =>
    accounts.profile(callerOf(request).userId),
  );

  app.patch(
    '/me',
    { schema: { tags, summary: 'Change the profile.', body: http.ProfileChange, response: { 200: http.Me, ...refusals } } },
    (request) => accounts.changeProfile(callerOf(request).userId, request.body),
  );

  app.post(
    '/me/password',
    {
      schema: {
        tags,
        summary: 'Change the password; all other sessions end.',
        body: http.PasswordChange,
        response: { 204: z.undefined().describe('Changed.'), ...refusals },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      // A stolen token must not be a way to guess the password faster than at the front door.
      limits.logins.spend(caller.username.toLowerCase());
      await accounts.changePassword(caller, request.body);
      return reply.code(204).send();
    },
  );
}

function sessionRoutes(app: HttpApp, { sessions }: MeParts): void {
  const tags = ['Me'];

  app.get(
    '/me/sessions',
    { schema: { tags, summary: 'Where one is signed in.', response: { 200: http.Sessions, ...refusals } } },
    async (request) => {
      const { userId, sessionId } = callerOf(request);
      return { sessions: await sessions.list(userId, sessionId) };
    },
  );

  app.delete(
    '/me/sessions/:sessionId',
    {
      schema: {
        tags,
        summary: 'Sign a device out; its sockets close.',
        params: http.SessionPath,
        response: { 204: z.undefined().describe('Ended.'), ...refusals },
      },
    },
    async (request, reply) => {
      const ended = await sessions.end(callerOf(request).userId, request.params.sessionId);
      if (!ended) throw new Refusal('not_found', undefined, { field: 'sessionId' });
      return reply.code(204).send();
    },
  );
}

function blockRoutes(app: HttpApp, { chats }: MeParts): void {
  const tags = ['Blocks'];
  const done = { 204: z.undefined().describe('Done.'), ...refusals };

  app.get(
    '/me/blocks',
    { schema: { tags, summary: 'Whom one has blocked.', response: { 200: http.Blocks, ...refusals } } },
    async (request) => ({ blocks: await chats.blocks(callerOf(request)) }),
  );

  app.put(
    '/me/blocks/:username',
    { schema: { tags, summary: 'Block somebody: neither can write to the other.', params: http.UserPath, response: done } },
    async (request, reply) => {
      await chats.block(callerOf(request), request.params.username);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/me/blocks/:username',
    { schema: { tags, summary: 'Unblock somebody.', params: http.UserPath, response: done } },
    async (request, reply) => {
      await chats.unblock(callerOf(request), request.params.username);
      return reply.code(204).send();
    },
  );
}

function settingsRoutes(app: HttpApp, { settings }: MeParts): void {
  app.put(
    '/me/conversations/:conversationId',
    {
      schema: {
        tags: ['Me'],
        summary: 'How one wants to see a direct chat or group: muted, pinned, archived. What is not named stays.',
        params: http.ConversationPath,
        body: http.SettingsChange,
        response: { 200: http.Settings, ...refusals },
      },
    },
    (request) => settings.change(callerOf(request), request.params.conversationId, request.body),
  );
}

function ownDataRoutes(app: HttpApp, { exports, closing, limits }: MeParts): void {
  const tags = ['Me'];

  app.get(
    '/me/export',
    {
      schema: {
        tags,
        summary: 'All that there is of oneself, as a file: profile, sessions, blocks, memberships, every message one wrote.',
        response: { 200: http.Export, ...refusals },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      limits.history.spend(caller.userId);
      const pieces = Readable.from(await exports.of(caller));
      // Past the serializer: it goes out piece by piece. The type of the route is that of the whole.
      return reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="parley-${caller.username}.json"`)
        .send(pieces as unknown as http.Export);
    },
  );

  app.delete(
    '/me',
    {
      schema: {
        tags,
        summary: 'Close the account for good: leaves all groups, ends all sessions. What one wrote stays, and so does the name.',
        body: http.AccountClosing,
        response: { 204: z.undefined().describe('Closed.'), ...refusals },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      limits.logins.spend(caller.username.toLowerCase());
      await closing.close(caller, request.body.password);
      if (sessionCookie(request) !== null) clearSessionCookie(request, reply);
      return reply.code(204).send();
    },
  );
}
