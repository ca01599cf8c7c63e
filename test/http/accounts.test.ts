import type { http } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, login, PASSWORD, register } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';

let server: RunningServer;
let base: string;
beforeAll(async () => {
  server = await startServer();
  base = server.addresses.http;
});
afterAll(() => server.remove());

const refusal = (code: string, more: Partial<http.ErrorBody['error']> = {}) => ({
  error: expect.objectContaining({ code, message: expect.any(String) as string, retryable: false, ...more }) as unknown,
});

describe('registering', () => {
  test('answers 201 with a token that works at once', async () => {
    const body = { username: 'Register.1', password: PASSWORD, displayName: 'One' };
    const answer = await call<http.Authenticated>(base, 'POST', '/auth/register', { body });
    expect(answer.status).toBe(201);
    expect(answer.body.user).toMatchObject({ username: 'Register.1', displayName: 'One', invisible: false, admin: false });
    expect(answer.body.expiresAt).toBeGreaterThan(Date.now());
    expect(JSON.stringify(answer.body)).not.toContain(PASSWORD);
    expect(await call(base, 'GET', '/me', { token: answer.body.token })).toMatchObject({ status: 200, body: answer.body.user });
  });

  test('409 for a username that is taken, in any case', async () => {
    await register(base, 'taken');
    const answer = await call(base, 'POST', '/auth/register', { body: { username: 'TAKEN', password: PASSWORD } });
    expect(answer).toMatchObject({ status: 409, body: refusal('username_taken', { field: 'username' }) });
  });

  test.each([
    ['username', { password: PASSWORD }],
    ['username', { username: 'ab', password: PASSWORD }],
    ['username', { username: 'a b c', password: PASSWORD }],
    ['username', { username: 'x'.repeat(33), password: PASSWORD }],
    ['username', { username: ['ann'], password: PASSWORD }],
    ['password', { username: 'annabel', password: 'short' }],
    ['password', { username: 'annabel', password: 'x'.repeat(257) }],
    ['password', { username: 'annabel', password: null }],
    ['displayName', { username: 'annabel', password: PASSWORD, displayName: ' ' }],
  ])('400 names the field: %s in %j', async (field, body) => {
    expect(await call(base, 'POST', '/auth/register', { body })).toMatchObject({
      status: 400,
      body: refusal('invalid_field', { field }),
    });
  });
});

describe('signing in', () => {
  test('an unknown user and a wrong password get one answer', async () => {
    await register(base, 'signs-in');
    const answers = [];
    for (const username of ['signs-in', 'nobody-at-all']) {
      const { status, body } = await call(base, 'POST', '/auth/login', { body: { username, password: 'wrong horse battery' } });
      answers.push({ status, body });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ status: 401, body: refusal('wrong_credentials') });
  });

  test('without a token, or with a bad one, 401 says how to come in', async () => {
    for (const token of [undefined, 'nonsense', 'a.b.c']) {
      const answer = await call(base, 'GET', '/me', token === undefined ? {} : { token });
      expect(answer).toMatchObject({ status: 401, body: refusal('not_authenticated') });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

describe('sessions', () => {
  test('are listed, and one can be ended: its token and its sockets end within a second', async () => {
    const here = await register(base, 'two-devices');
    const there = await login(base, 'two-devices');
    const socket = await RawClient.connect(server.addresses.chat, there.token);
    const { body } = await call<{ sessions: http.Session[] }>(base, 'GET', '/me/sessions', { token: here.token });
    expect(new Map(body.sessions.map(({ sessionId, current }) => [sessionId, current]))).toEqual(
      new Map([
        [here.sessionId, true],
        [there.sessionId, false],
      ]),
    );
    const end = () => call(base, 'DELETE', `/me/sessions/${there.sessionId}`, { token: here.token });
    expect((await end()).status).toBe(204);
    expect((await call(base, 'GET', '/me', { token: there.token })).status).toBe(401);
    await until('the socket is closed', () => socket.closed, 1_000);
    expect(socket.closed?.code).toBe(4101);
    expect(await end()).toMatchObject({ status: 404, body: refusal('not_found', { field: 'sessionId' }) });
    expect((await call(base, 'GET', '/me', { token: here.token })).status).toBe(200);
  });

  test('nobody ends another’s', async () => {
    const ann = await register(base, 'session-ann');
    const bob = await register(base, 'session-bob');
    expect((await call(base, 'DELETE', `/me/sessions/${ann.sessionId}`, { token: bob.token })).status).toBe(404);
    expect((await call(base, 'GET', '/me', { token: ann.token })).status).toBe(200);
  });

  test('logging out ends this one, whatever the empty body claims to be', async () => {
    const { token } = await register(base, 'logs-out');
    const headers = { 'content-type': 'application/json' };
    expect((await call(base, 'POST', '/auth/logout', { token, headers })).status).toBe(204);
    expect((await call(base, 'POST', '/auth/logout', { token })).status).toBe(401);
  });

  test('a change of the password ends the others', async () => {
    const here = await register(base, 'changes');
    const there = await login(base, 'changes');
    const change = (current: string) =>
      call(base, 'POST', '/me/password', { token: here.token, body: { current, next: 'staple correct horse' } });
    expect(await change('wrong horse battery')).toMatchObject({
      status: 401,
      body: refusal('wrong_credentials', { field: 'current' }),
    });
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await call(base, 'GET', '/me', { token: there.token })).status).toBe(401);
    expect((await call(base, 'GET', '/me', { token: here.token })).status).toBe(200);
  });

  test('survive a restart of the server, and end with it if they were ended before', async () => {
    const kept = await register(base, 'survivor');
    const ended = await login(base, 'survivor');
    await call(base, 'POST', '/auth/logout', { token: ended.token });
    await server.restart();
    base = server.addresses.http;
    expect((await call(base, 'GET', '/me', { token: kept.token })).status).toBe(200);
    expect((await call(base, 'GET', '/me', { token: ended.token })).status).toBe(401);
  });
});

describe('profile and people', () => {
  test('PATCH changes what is given', async () => {
    const { token } = await register(base, 'profile');
    expect((await call(base, 'PATCH', '/me', { token, body: { displayName: 'Pro File' } })).body).toMatchObject({
      displayName: 'Pro File',
    });
    expect((await call(base, 'PATCH', '/me', { token, body: { invisible: true } })).body).toMatchObject({
      displayName: 'Pro File',
      invisible: true,
    });
    expect((await call(base, 'PATCH', '/me', { token, body: {} })).status).toBe(200);
  });

  test('search by prefix, one by name, 404 for nobody', async () => {
    const { token } = await register(base, 'seeker');
    for (const username of ['find-b', 'Find-A']) await register(base, username);
    const found = await call<{ users: http.User[] }>(base, 'GET', '/users?prefix=FIND-', { token });
    expect(found.body.users.map(({ username }) => username)).toEqual(['Find-A', 'find-b']);
    expect(await call(base, 'GET', '/users/FIND-A', { token })).toMatchObject({ status: 200, body: { username: 'Find-A' } });
    expect(await call(base, 'GET', '/users/not-there', { token })).toMatchObject({ status: 404, body: refusal('not_found') });
    for (const query of ['', '?prefix=', '?prefix=a%00']) {
      expect(await call(base, 'GET', `/users${query}`, { token })).toMatchObject({
        status: 400,
        body: refusal('invalid_field', { field: 'prefix' }),
      });
    }
    expect(await call(base, 'GET', '/users?prefix=%25%20é%F0%9F%90%87', { token })).toMatchObject({
      status: 200,
      body: { users: [] },
    });
    expect(await call(base, 'GET', '/users?prefix=a&limit=51', { token })).toMatchObject({
      body: refusal('invalid_field', { field: 'limit' }),
    });
  });
});
