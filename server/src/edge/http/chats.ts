import { http } from '@parley/protocol';
import type { Chats } from '../../chat/chats.js';
import type { History } from '../../chat/history.js';
import type { Inbox } from '../../chat/inbox.js';
import type { Limits } from '../limits.js';
import { callerOf, refusals, type HttpApp } from './http-app.js';

export interface ChatsParts {
  chats: Pick<Chats, 'start'>;
  history: Pick<History, 'ofChat'>;
  inbox: Pick<Inbox, 'read'>;
  limits: Pick<Limits, 'history' | 'joins'>;
}

/** The inbox, and direct chats. */
export function chatRoutes(app: HttpApp, { chats, history, inbox, limits }: ChatsParts): void {
  const tags = ['Chats'];

  app.get(
    '/inbox',
    {
      config: { etag: true },
      schema: {
        tags,
        summary: 'One’s conversations, newest first; with the token of the last complete read only what moved.',
        querystring: http.InboxPage,
        response: { 200: http.Inbox, ...refusals },
      },
    },
    (request) => {
      const caller = callerOf(request);
      limits.history.spend(caller.userId);
      return inbox.read(caller, request.query);
    },
  );

  app.post(
    '/chats',
    {
      schema: {
        tags,
        summary: 'Start a direct chat, or find the one there is.',
        body: http.ChatStart,
        response: { 200: http.ChatRef, 201: http.ChatRef, ...refusals },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      limits.joins.spend(caller.userId);
      const chat = await chats.start(caller, request.body.with);
      return reply.code(chat.created ? 201 : 200).send(chat);
    },
  );

  app.get(
    '/chats/:chatId/messages',
    {
      config: { etag: true },
      schema: {
        tags,
        summary: 'A page of a direct chat: the newest, or before or after a seq.',
        params: http.ChatPath,
        querystring: http.HistoryPage,
        response: { 200: http.ChatHistory, ...refusals },
      },
    },
    (request) => {
      const caller = callerOf(request);
      limits.history.spend(caller.userId);
      return history.ofChat(caller, request.params.chatId, request.query);
    },
  );
}
