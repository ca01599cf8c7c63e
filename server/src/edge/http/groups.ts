import { z } from 'zod';
import { http } from '@parley/protocol';
import type { Groups } from '../../chat/groups.js';
import type { History } from '../../chat/history.js';
import type { Limits } from '../limits.js';
import { callerOf, refusals, type HttpApp } from './http-app.js';

export interface GroupsParts {
  groups: Pick<Groups, 'create' | 'get' | 'invitation' | 'change' | 'members' | 'add' | 'remove' | 'setRole' | 'join' | 'leave'>;
  history: Pick<History, 'ofGroup'>;
  limits: Pick<Limits, 'history' | 'joins'>;
}

const tags = ['Groups'];
const group = { 200: http.Group, ...refusals };
const done = { 204: z.undefined().describe('Done.'), ...refusals };

/** Groups, who is in them, and what was said there. */
export function groupRoutes(app: HttpApp, parts: GroupsParts): void {
  settingsRoutes(app, parts);
  comingAndGoingRoutes(app, parts);
  memberRoutes(app, parts);
  messageRoutes(app, parts);
}

function settingsRoutes(app: HttpApp, { groups, limits }: GroupsParts): void {
  app.post(
    '/groups',
    {
      schema: {
        tags,
        summary: 'Create a group; one is its owner and a member.',
        body: http.GroupCreation,
        response: { 201: http.Group, ...refusals },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      limits.joins.spend(caller.userId);
      return reply.code(201).send(await groups.create(caller, request.body));
    },
  );

  app.get(
    '/groups/:groupId',
    { schema: { tags, summary: 'A group that one is a member of.', params: http.GroupPath, response: group } },
    (request) => groups.get(callerOf(request), request.params.groupId),
  );

  app.patch(
    '/groups/:groupId',
    {
      schema: {
        tags,
        summary: 'Rename a group, or change who may join and what members may read. For its admins.',
        params: http.GroupPath,
        body: http.GroupChange,
        response: group,
      },
    },
    (request) => groups.change(callerOf(request), request.params.groupId, request.body),
  );
}

function comingAndGoingRoutes(app: HttpApp, { groups, limits }: GroupsParts): void {
  app.get(
    '/groups/:groupId/invitation',
    {
      schema: {
        tags,
        summary: 'What an open group shows to those who may join it.',
        params: http.GroupPath,
        response: { 200: http.Invitation, ...refusals },
      },
    },
    (request) => {
      const caller = callerOf(request);
      limits.joins.spend(caller.userId);
      return groups.invitation(caller, request.params.groupId);
    },
  );

  app.post(
    '/groups/:groupId/join',
    { schema: { tags, summary: 'Join an open group.', params: http.GroupPath, response: group } },
    (request) => {
      const caller = callerOf(request);
      limits.joins.spend(caller.userId);
      return groups.join(caller, request.params.groupId);
    },
  );

  app.post(
    '/groups/:groupId/leave',
    {
      schema: {
        tags,
        summary: 'Leave a group; the last owner hands on, the last member closes it.',
        params: http.GroupPath,
        response: done,
      },
    },
    async (request, reply) => {
      await groups.leave(callerOf(request), request.params.groupId);
      return reply.code(204).send();
    },
  );
}

function memberRoutes(app: HttpApp, { groups }: GroupsParts): void {
  app.get(
    '/groups/:groupId/members',
    {
      config: { etag: true },
      schema: {
        tags,
        summary: 'The members by username, in pages.',
        params: http.GroupPath,
        querystring: http.MembersPage,
        response: { 200: http.Members, ...refusals },
      },
    },
    (request) => groups.members(callerOf(request), request.params.groupId, request.query),
  );

  app.post(
    '/groups/:groupId/members',
    { schema: { tags, summary: 'Add somebody.', params: http.GroupPath, body: http.MemberAddition, response: done } },
    async (request, reply) => {
      await groups.add(callerOf(request), request.params.groupId, request.body.username);
      return reply.code(204).send();
    },
  );

  app.patch(
    '/groups/:groupId/members/:username',
    { schema: { tags, summary: 'Change a member’s role.', params: http.MemberPath, body: http.RoleChange, response: done } },
    async (request, reply) => {
      const { groupId, username } = request.params;
      await groups.setRole(callerOf(request), groupId, username, request.body.role);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/groups/:groupId/members/:username',
    { schema: { tags, summary: 'Remove a member.', params: http.MemberPath, response: done } },
    async (request, reply) => {
      const { groupId, username } = request.params;
      await groups.remove(callerOf(request), groupId, username);
      return reply.code(204).send();
    },
  );
}

function messageRoutes(app: HttpApp, { history, limits }: GroupsParts): void {
  app.get(
    '/groups/:groupId/messages',
    {
      config: { etag: true },
      schema: {
        tags,
        summary: 'A page of a group: the newest, or before or after a seq.',
        params: http.GroupPath,
        querystring: http.HistoryPage,
        response: { 200: http.GroupHistory, ...refusals },
      },
    },
    (request) => {
      const caller = callerOf(request);
      limits.history.spend(caller.userId);
      return history.ofGroup(caller, request.params.groupId, request.query);
    },
  );
}
