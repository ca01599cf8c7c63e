import { describe, expect, test } from 'vitest';
import { ParleyApi, type ParleyApiOptions } from './api.js';
import { ParleyError } from './errors.js';

interface Call {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
  credentials: RequestInit['credentials'];
}

/** An API whose other end gives these answers, one after the other. */
function scripted(...answers: (Response | Error)[]) {
  return scriptedFor({}, ...answers);
}

function scriptedFor(options: Partial<ParleyApiOptions>, ...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const headers = init.headers as Record<string, string>;
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    calls.push({ method: init.method ?? 'GET', url: String(input), headers, body, credentials: init.credentials });
    const answer = answers.shift() ?? Response.json({});
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { api: new ParleyApi({ url: 'http://host:3000/base/', fetch, ...options }), calls };
}

const authenticated = { token: 'secret', expiresAt: 1, sessionId: 's', user: {} };

describe('the HTTP API', () => {
  test('logs in, and carries the token from then on until the logout', async () => {
    const { api, calls } = scripted(
      Response.json(authenticated),
      Response.json({ username: 'ann' }),
      new Response(null, { status: 204 }),
      Response.json({}),
    );
    await api.login({ username: 'ann', password: 'correct horse' });
    await api.me();
    await api.logout();
    await api.health();
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://host:3000/base/auth/login',
      'GET http://host:3000/base/me',
      'POST http://host:3000/base/auth/logout',
      'GET http://host:3000/base/health',
    ]);
    expect(calls.map(({ headers }) => headers['authorization'])).toEqual([
      undefined,
      'Bearer secret',
      'Bearer secret',
      undefined,
    ]);
    expect(calls[0]?.body).toEqual({ username: 'ann', password: 'correct horse' });
  });

  test('by cookie sends no token, and gives tickets', async () => {
    const { api, calls } = scriptedFor(
      { cookie: true },
      Response.json({ expiresAt: 1, sessionId: 's', user: {} }),
      Response.json({ ticket: 'ticket-1', expiresAt: 2 }),
    );
    const session = await api.login({ username: 'ann', password: 'correct horse', cookie: true });
    expect(Object.keys(session)).toEqual(['expiresAt', 'sessionId', 'user']);
    expect(await api.ticket()).toBe('ticket-1');
    expect(calls.map(({ headers, credentials }) => [headers['authorization'], credentials])).toEqual([
      [undefined, 'same-origin'],
      [undefined, 'same-origin'],
    ]);
    expect(calls[0]?.body).toEqual({ username: 'ann', password: 'correct horse', cookie: true });
  });

  test('escapes what goes into paths and queries, and leaves out what is not said', async () => {
    const { api, calls } = scripted(Response.json({ users: [] }));
    await api.searchUsers('a&b');
    await api.user('../me');
    await api.chatHistory('c/1', { before: 5 });
    expect(calls.map(({ url }) => url.slice('http://host:3000/base'.length))).toEqual([
      '/users?prefix=a%26b',
      '/users/..%2Fme',
      '/chats/c%2F1/messages?before=5',
    ]);
  });

  test('throws the server’s refusal, with everything that it says', async () => {
    const error = { code: 'invalid_field', message: 'username: expected …', field: 'username', retryable: false };
    const { api } = scripted(Response.json({ error }, { status: 400 }));
    await expect(api.me()).rejects.toMatchObject({ name: 'ParleyError', ...error, status: 400, retryAfterMs: null });
  });

  test('takes the wait from Retry-After where the body does not say it', async () => {
    const error = { code: 'rate_limited', message: 'slowly', retryable: true };
    const { api } = scripted(Response.json({ error }, { status: 429, headers: { 'retry-after': '7' } }));
    await expect(api.me()).rejects.toMatchObject({ retryable: true, retryAfterMs: 7_000 });
  });

  test.each([
    [
      'a proxy’s page',
      new Response('<h1>Bad Gateway</h1>', { status: 502 }),
      { code: 'bad_reply', retryable: true, status: 502 },
    ],
    [
      'another server’s 404',
      Response.json({ detail: 'x' }, { status: 404 }),
      { code: 'bad_reply', retryable: false, status: 404 },
    ],
    ['no network', new TypeError('fetch failed'), { code: 'network', retryable: true, status: null }],
    [
      'no answer in time',
      Object.assign(new Error('late'), { name: 'TimeoutError' }),
      { code: 'timeout', retryable: true, status: null },
    ],
  ])('makes one kind of error of %s', async (_, answer, expected) => {
    const { api } = scripted(answer);
    const error: unknown = await api.me().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ParleyError);
    expect(error).toMatchObject(expected);
  });

  test('gives the health of a server that is not well', async () => {
    const { api } = scripted(Response.json({ status: 'draining' }, { status: 503 }));
    expect(await api.health()).toMatchObject({ status: 'draining' });
  });
});
