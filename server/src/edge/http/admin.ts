import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { http } from '@parley/protocol';
import type { Operator, Operators } from '../../chat/operators.js';
import type { Health } from '../health.js';
import type { Numbers } from '../numbers.js';
import { callerOf, deviceOf, refusals, type HttpApp } from './http-app.js';

export interface AdminParts {
  operators: Operators;
  numbers: Pick<Numbers, 'read'>;
  health: Pick<Health, 'parts'>;
}

const tags = ['Operators'];
const done = { 204: z.undefined().describe('Done.'), ...refusals };

/** For operators. Every route is behind one door, which is asked before anything of a request is read. */
export function adminRoutes(app: HttpApp, parts: AdminParts): void {
  app.register(
    async (scope: HttpApp) => {
      scope.addHook('onRequest', (request) => parts.operators.admit(callerOf(request)));
      stateRoutes(scope, parts);
      accountRoutes(scope, parts);
      queueRoutes(scope, parts);
      auditRoutes(scope, parts);
    },
    { prefix: '/admin/api' },
  );
}

function stateRoutes(app: HttpApp, { numbers, health }: AdminParts): void {
  app.get(
    '/numbers',
    { schema: { tags, summary: 'What each server is doing.', response: { 200: http.Numbers, ...refusals } } },
    () => numbers.read(),
  );

  app.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'What this server needs, and how long its last answers took.',
        response: { 200: http.AdminHealth, ...refusals },
      },
    },
    () => health.parts(),
  );
}

function accountRoutes(app: HttpApp, { operators }: AdminParts): void {
  app.get(
    '/users',
    {
      schema: {
        tags,
        summary: 'People by username, page by page; with `prefix` those whose name begins so.',
        querystring: http.AdminUserSearch,
        response: { 200: http.AdminUsers, ...refusals },
      },
    },
    ({ query }) => operators.users(query),
  );

  app.put(
    '/users/:username/suspension',
    {
      schema: {
        tags,
        summary: 'Suspend somebody: no more signing in, all sessions end, and sockets with them.',
        params: http.UserPath,
        response: { 200: http.AdminUser, ...refusals },
      },
    },
    (request) => operators.suspend(operatorOf(request), request.params.username),
  );

  app.delete(
    '/users/:username/suspension',
    {
      schema: {
        tags,
        summary: 'Let somebody in again.',
        params: http.UserPath,
        response: { 200: http.AdminUser, ...refusals },
      },
    },
    (request) => operators.unsuspend(operatorOf(request), request.params.username),
  );

  app.delete(
    '/users/:username/sessions',
    {
      schema: {
        tags,
        summary: 'Sign somebody out everywhere.',
        params: http.UserPath,
        response: { 200: http.SessionsEnded, ...refusals },
      },
    },
    async (request) => ({ ended: await operators.revokeSessions(operatorOf(request), request.params.username) }),
  );
}

function queueRoutes(app: HttpApp, { operators }: AdminParts): void {
  app.get(
    '/queues',
    {
      schema: {
        tags,
        summary: 'The queues of jobs and their dead letters. The embedded profile has none, and says null.',
        response: { 200: http.Queues, ...refusals },
      },
    },
    () => operators.queues(),
  );

  app.post(
    '/queues/replay',
    {
      schema: {
        tags,
        summary: 'Put a dead letter into its queue again, with all its attempts.',
        body: http.DeadLetterRef,
        response: done,
      },
    },
    async (request, reply) => {
      await operators.replay(operatorOf(request), request.body.id);
      return reply.code(204).send();
    },
  );

  app.post(
    '/queues/drop',
    { schema: { tags, summary: 'Delete a dead letter.', body: http.DeadLetterRef, response: done } },
    async (request, reply) => {
      await operators.drop(operatorOf(request), request.body.id);
      return reply.code(204).send();
    },
  );
}

function auditRoutes(app: HttpApp, { operators }: AdminParts): void {
  app.get(
    '/audit',
    {
      schema: {
        tags,
        summary: 'What operators did, the newest first.',
        querystring: http.AuditPage,
        response: { 200: http.AuditLog, ...refusals },
      },
    },
    ({ query }) => operators.audit(query.before, query.limit),
  );
}

function operatorOf(request: FastifyRequest): Operator {
  return { ...callerOf(request), address: deviceOf(request).address };
}
