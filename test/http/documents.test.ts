import { readFile } from 'node:fs/promises';
import { ChatEvent, decodeChatCommand, decodePresenceCommand, PresenceEvent, type http, type InboxGroup } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, PASSWORD, register } from '../world/http.js';
import { startServer, type RunningServer } from '../world/server.js';

let server: RunningServer;
let base: string;
beforeAll(async () => {
  server = await startServer();
  base = server.addresses.http;
});
afterAll(() => server.remove());

interface Operation {
  operationId?: string;
  summary?: string;
  security?: unknown[];
  parameters?: { in: string; name: string; required?: boolean; example?: unknown }[];
  requestBody?: { content: Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, { description: string }>;
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}
interface AsyncApi {
  asyncapi: string;
  channels: Record<
    'chat' | 'presence',
    { messages: Record<string, { name: string; summary: string; examples: { payload: object }[] }> }
  >;
  operations: Record<string, { messages: { $ref: string }[] }>;
}

const openApi = async () => (await call<OpenApi>(base, 'GET', '/openapi.json')).body;
const asyncApi = async () => (await call<AsyncApi>(base, 'GET', '/asyncapi.json')).body;

describe('the OpenAPI document', () => {
  test('describes each route, and says which need no token', async () => {
    const document = await openApi();
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    );
    expect(operations.length).toBeGreaterThan(30);
    const undescribed = operations.filter(
      ({ summary, responses }) =>
        !summary || Object.values(responses).some(({ description }) => description === 'Default Response'),
    );
    expect(undescribed).toEqual([]);
    const open = operations.filter(({ security }) => security?.length === 0).map(({ name }) => name);
    expect(open.sort()).toEqual([
      'get /auth/usernames/{username}',
      'get /health',
      'get /health/live',
      'get /health/ready',
      'get /metrics',
      'post /auth/login',
      'post /auth/register',
    ]);
  });

  test('each operation has a name of its own, made of its method and path, for those who generate clients', async () => {
    const operations = Object.entries((await openApi()).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [`${method} ${path}`, operationId ?? ''] as const),
    );
    const ids = operations.map(([, id]) => id);
    expect(ids.filter((id) => !/^(get|post|put|patch|delete)([A-Z][a-z]+)+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.fromEntries(operations)).toMatchObject({
      'post /groups': 'postGroups',
      'get /groups/{groupId}': 'getGroup',
      'get /groups/{groupId}/members': 'getGroupMembers',
      'delete /groups/{groupId}/members/{username}': 'deleteGroupMember',
      'put /me/blocks/{username}': 'putMeBlock',
      'get /health/ready': 'getHealthReady',
    });
  });

  test('what it says of tokens is so: every other route answers 401 without one', async () => {
    const wrong: string[] = [];
    for (const [path, methods] of Object.entries((await openApi()).paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security?.length === 0) continue;
        const body = method === 'get' ? undefined : {};
        const { status } = await call(base, method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), { body });
        if (status !== 401) wrong.push(`${method} ${path}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('every example in it is taken: no 400, no 500', async () => {
    const ann = await register(base, 'example-ann');
    for (const username of ['bob', 'carol']) await register(base, username);
    const token = ann.token;
    const { chatId } = (await call<http.ChatRef>(base, 'POST', '/chats', { token, body: { with: 'bob' } })).body;
    const { groupId } = (await call<InboxGroup>(base, 'POST', '/groups', { token, body: { name: 'Examples', members: ['bob'] } }))
      .body;
    /** Ids of the examples stand for ones that are there. */
    const real: Record<string, string> = { chatId, groupId };
    const wrong: string[] = [];
    let sent = 0;
    for (const [path, methods] of Object.entries((await openApi()).paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const body of examplesOf(operation)) {
          const url =
            path.replaceAll(/\{(\w+)\}/g, (_, name: string) => real[name] ?? exampleOf(operation, name)) + queryOf(operation);
          // These would sign the token out or close the account, or are asked for a password that is not the example's.
          if (path === '/auth/logout' || path === '/me/password' || (path === '/me' && method === 'delete')) continue;
          const { status } = await fetch(base + url, {
            method: method.toUpperCase(),
            headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          });
          if ([400, 401, 500].includes(status)) wrong.push(`${method} ${url} ${JSON.stringify(body)}: ${status}`);
          sent += 1;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(30);
    const change = await call(base, 'POST', '/me/password', { token, body: { current: PASSWORD, next: 'staple correct horse' } });
    expect(change.status).toBe(204);
    expect((await call(base, 'POST', '/auth/logout', { token })).status).toBe(204);
  });

  const exampleOf = ({ parameters = [] }: Operation, name: string) =>
    String(parameters.find((parameter) => parameter.name === name)?.example);
  function examplesOf({ requestBody }: Operation): unknown[] {
    if (!requestBody) return [undefined];
    const { example, examples = {} } = requestBody.content['application/json'] ?? {};
    const all = [...(example === undefined ? [] : [example]), ...Object.values(examples).map(({ value }) => value)];
    if (all.length === 0) throw new Error(`a body without an example: ${JSON.stringify(requestBody)}`);
    return all;
  }
  function queryOf({ parameters = [] }: Operation): string {
    const given = parameters.filter(({ in: place, example }) => place === 'query' && example !== undefined);
    return given.length === 0 ? '' : `?${given.map(({ name, example }) => `${name}=${String(example)}`).join('&')}`;
  }
});

describe('the AsyncAPI document', () => {
  test('every example of a command is decoded, and every one of an event is valid', async () => {
    const { asyncapi, channels } = await asyncApi();
    expect(asyncapi).toBe('3.0.0');
    const holds = {
      'chat command': (payload: unknown) => decodeChatCommand(JSON.stringify(payload)).ok,
      'chat event': (payload: unknown) => ChatEvent.safeParse(payload).success,
      'presence command': (payload: unknown) => decodePresenceCommand(JSON.stringify(payload)).ok,
      'presence event': (payload: unknown) => PresenceEvent.safeParse(payload).success,
    };
    const frames = Object.entries(channels).flatMap(([socket, { messages }]) =>
      Object.entries(messages).map(([id, message]) => ({
        kind: `${socket} ${id.split('.')[0]}` as keyof typeof holds,
        id,
        ...message,
      })),
    );
    expect(frames.length).toBeGreaterThan(35);
    expect(frames.filter(({ kind, summary, examples }) => !summary || !holds[kind](examples[0]?.payload))).toEqual([]);
  });

  test('its operations name messages that are there', async () => {
    const document = await asyncApi();
    const refs = Object.values(document.operations).flatMap(({ messages }) => messages.map(({ $ref }) => $ref));
    const at = (ref: string) => {
      const keys = ref.slice('#/'.length).split('/');
      return keys.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], document);
    };
    expect(refs.filter((ref) => at(ref) === undefined)).toEqual([]);
  });
});

describe('the documents in docs/', () => {
  test.each(['openapi.json', 'asyncapi.json'])('%s is what this server serves; else: npm run docs:api', async (name) => {
    const kept: unknown = JSON.parse(await readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
    expect((await call(base, 'GET', `/${name}`)).body).toEqual(kept);
  });
});

describe('the pages', () => {
  const page = async (path: string) => {
    const response = await fetch(base + path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test('/docs shows the HTTP API with nothing from elsewhere', async () => {
    const { status, headers, text } = await page('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(text).not.toMatch(/https?:\/\//);
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(parts.length).toBeGreaterThan(3);
    expect((await Promise.all(parts.map(page))).map((answer) => answer.status)).toEqual(parts.map(() => 200));
    expect((await page('/docs/')).status).toBe(200);
  });

  test('/docs/async shows each frame with its example, without a script', async () => {
    const { status, headers, text } = await page('/docs/async');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).not.toContain('script-src');
    expect(text).not.toContain('<script');
    for (const name of [
      'ONE_TO_ONE_CHAT',
      'GET_GROUP_CHAT_HISTORY',
      'PRESENCE_UPDATE',
      'PRESENCE_WATCH',
      'client_id_reused',
      '4101',
    ]) {
      expect(text.replaceAll('<wbr>', '')).toContain(name);
    }
  });

  test('an ETag spares the way', async () => {
    const etag = (await page('/openapi.json')).headers.get('etag') ?? '';
    expect((await fetch(`${base}/openapi.json`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });
});
