import { http } from '@parley/protocol';
import type { Accounts } from '../../chat/accounts.js';
import type { Chats } from '../../chat/chats.js';
import { callerOf, refusals, type HttpApp } from './http-app.js';

export interface UsersParts {
  accounts: Pick<Accounts, 'search' | 'byUsername'>;
  chats: Pick<Chats, 'friends'>;
}

/** Other people. */
export function userRoutes(app: HttpApp, { accounts, chats }: UsersParts): void {
  const tags = ['People'];

  app.get(
    '/users',
    {
      schema: {
        tags,
        summary: 'People whose username begins so, without case.',
        querystring: http.UserSearch,
        response: { 200: http.Users, ...refusals },
      },
    },
    async ({ query }) => ({ users: await accounts.search(query.prefix, query.limit) }),
  );

  app.get(
    '/users/:username',
    { schema: { tags, summary: 'One person.', params: http.UserPath, response: { 200: http.User, ...refusals } } },
    ({ params }) => accounts.byUsername(params.username),
  );

  app.get(
    '/friends',
    { schema: { tags, summary: 'People one has a direct chat with.', response: { 200: http.Friends, ...refusals } } },
    async (request) => ({ friends: await chats.friends(callerOf(request)) }),
  );
}
