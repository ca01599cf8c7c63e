import type { World } from '@parley/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, PASSWORD, register } from '../world/http.js';
import { startServer, type RunningServer } from '../world/server.js';

interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}
const lines: Line[] = [];
const collect = (level: string) => (fields: object, message: string) =>
  void lines.push({ level, message, fields: { ...fields } });
const logger: World['logger'] = {
  debug: collect('debug'),
  info: collect('info'),
  warn: collect('warn'),
  error: collect('error'),
  child: () => logger,
};

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({}, { logger });
});
afterAll(() => server.remove());

/** The lines of what `act` does. */
async function linesOf(act: () => Promise<unknown>): Promise<Line[]> {
  lines.length = 0;
  await act();
  return lines.filter(({ message }) => message.startsWith('request'));
}

test('one line for each request: id, method, route, status, time and who', async () => {
  const base = server.addresses.http;
  const ann = await register(base, 'ann');
  let id: string | null = null;
  const [line, ...rest] = await linesOf(async () => {
    id = (await call(base, 'GET', '/users/ANN', { token: ann.token })).headers.get('x-request-id');
  });
  expect(rest).toEqual([]);
  expect(line).toEqual({
    level: 'info',
    message: 'request',
    fields: {
      id,
      method: 'GET',
      route: '/users/:username',
      status: 200,
      ms: expect.any(Number) as number,
      userId: ann.user.userId,
    },
  });
});

test('probes are for debugging', async () => {
  expect((await linesOf(() => call(server.addresses.http, 'GET', '/health'))).map(({ level }) => level)).toEqual(['debug']);
});

test('no token, no password, no query, no content', async () => {
  const base = server.addresses.http;
  const { token } = await register(base, 'secretive');
  const seen = await linesOf(async () => {
    await call(base, 'GET', `/inbox?token=${token}`, { token });
    await call(base, 'GET', `/me?token=${token}`);
    await call(base, 'POST', '/auth/login', { body: { username: 'secretive', password: PASSWORD } });
    await call(base, 'POST', '/auth/login', { body: { username: 'secretive', password: 'wrong horse battery' } });
    await call(base, 'POST', `/nope/${PASSWORD}`, { token, body: { content: PASSWORD } });
  });
  expect(seen).toHaveLength(5);
  const text = JSON.stringify(lines);
  expect(text).not.toContain(token);
  expect(text).not.toMatch(/horse|secretive/);
});
