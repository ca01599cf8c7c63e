import { http } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, register } from '../world/http.js';
import { startServer, type RunningServer } from '../world/server.js';

let server: RunningServer;
let token: string;
let ids: { chatId: string; groupId: string };
beforeAll(async () => {
  server = await startServer();
  const base = server.addresses.http;
  ({ token } = await register(base, 'ann'));
  await register(base, 'bob');
  const chat = await call<http.ChatRef>(base, 'POST', '/chats', { token, body: { with: 'bob' } });
  const group = await call<{ groupId: string }>(base, 'POST', '/groups', { token, body: { name: 'Mutations' } });
  ids = { chatId: chat.body.chatId, groupId: group.body.groupId };
});
afterAll(() => server.remove());

const PATHS = [
  '/auth/login',
  '/auth/register',
  '/me',
  '/me/password',
  '/me/sessions',
  '/me/sessions/:text',
  '/me/blocks',
  '/me/blocks/:text',
  '/users',
  '/users/:text',
  '/friends',
  '/inbox',
  '/chats',
  '/chats/:chatId/messages',
  '/chats/:text/messages',
  '/groups',
  '/groups/:groupId',
  '/groups/:text',
  '/groups/:groupId/members',
  '/groups/:groupId/members/:text',
  '/groups/:text/join',
  '/groups/:text/invitation',
  '/groups/:groupId/messages',
  '/:text',
];
const FIELDS = [
  'username',
  'displayName',
  'colour',
  'current',
  'next',
  'invisible',
  'with',
  'name',
  'access',
  'visibility',
  'members',
  'role',
  '__proto__',
  'constructor',
];
/** Too short for a password to be hashed: what is tested here is the way to it. */
const strange = fc.oneof(
  fc.constantFrom(
    '',
    'ann',
    'bob',
    'é'.repeat(40),
    '\u0000',
    '\ud800',
    '../..',
    "' OR 1=1 --",
    '0190f5a0-7b1c-7000-8000-000000000001',
    'NaN',
    '-1',
    '1e999',
    '9007199254740993',
  ),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const value = fc.oneof(
  strange,
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(strange, { maxLength: 5 }),
  fc.double(),
  fc.constantFrom(true, false, null, -0, 2 ** 53),
);
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value).map((fields) => JSON.stringify({ password: 'short', ...fields })),
  },
  { weight: 2, arbitrary: fc.json() },
  { weight: 1, arbitrary: strange },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const query = fc.dictionary(fc.constantFrom('prefix', 'limit', 'before', 'after', 'token', 'cursor', 'x[]'), strange, {
  maxKeys: 3,
});
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
  path: fc.constantFrom(...PATHS),
  text: strange,
  query,
  body,
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    fc.constantFrom('text/plain', 'application/json; charset=latin1', 'x', '*/*'),
  ),
  bearer: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, fc.stringMatching(/^[!-~]{0,60}$/)),
});

/** URLs cannot hold lone surrogates; bodies can. */
const wellFormed = (text: string) => Buffer.from(text).toString();

test('whatever is sent, the answer is no 500, and every refusal has the one shape', async () => {
  const seen = new Map<number, number>();
  const sendOne = async (made: typeof request extends fc.Arbitrary<infer R> ? R : never) => {
    const path = made.path
      .replace(':chatId', ids.chatId)
      .replace(':groupId', ids.groupId)
      .replace(':text', () => encodeURIComponent(wellFormed(made.text)));
    const search = new URLSearchParams(
      Object.entries(made.query).map(([name, text]): [string, string] => [name, wellFormed(text)]),
    );
    const sent = made.method === 'GET' ? undefined : made.body;
    const response = await fetch(`${server.addresses.http}${path}?${search.toString()}`, {
      method: made.method,
      headers: { authorization: `Bearer ${made.bearer ?? token}`, ...(sent !== undefined && { 'content-type': made.type }) },
      ...(sent !== undefined && { body: sent }),
      redirect: 'manual',
    });
    const text = await response.text();
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    expect(response.status).toBeLessThan(500);
    if (response.status < 400) return;
    const { error } = http.ErrorBody.parse(JSON.parse(text));
    expect(error.code !== 'invalid_field' || Boolean(error.field)).toBe(true);
  };
  await fc.assert(fc.asyncProperty(request, sendOne), { numRuns: 4_000 });
  // It went everywhere: what is good, what is bad, what is not there, what may not be.
  for (const status of [200, 400, 401, 403, 404, 415]) expect([...seen.keys()]).toContain(status);
  expect((await call(server.addresses.http, 'GET', '/health')).body).toMatchObject({ status: 'ok' });
}, 120_000);
