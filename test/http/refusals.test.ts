import { http, type ErrorCode } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, PASSWORD, register } from '../world/http.js';
import { rawHttp } from '../world/raw-http.js';
import { startServer, type RunningServer } from '../world/server.js';

let server: RunningServer;
let base: string;
let token: string;
beforeAll(async () => {
  server = await startServer();
  base = server.addresses.http;
  ({ token } = await register(base, 'ann'));
});
afterAll(() => server.remove());

/** Sends a body as it stands. */
async function send(
  path: string,
  init: RequestInit,
): Promise<{ status: number; error: http.ErrorBody['error']; headers: Headers }> {
  const response = await fetch(base + path, init);
  return { status: response.status, headers: response.headers, error: http.ErrorBody.parse(await response.json()).error };
}
const login = (body: RequestInit['body'], type = 'application/json', headers = {}) =>
  send('/auth/login', { method: 'POST', headers: { 'content-type': type, ...headers }, ...(body !== undefined && { body }) });
const refusal = (status: number, code: ErrorCode, field?: string) => ({
  status,
  error: field === undefined ? { code } : { code, field },
});

describe('bodies', () => {
  test.each([
    ['not JSON', '{"username":'],
    ['empty', ''],
    ['a list', '[]'],
    ['a number', '1'],
    ['null', 'null'],
    ['poisoned', '{"__proto__":{"admin":true},"username":"ann","password":"correct horse battery"}'],
  ])('%s: 400 bad_json', async (_what, body) => {
    expect(await login(body)).toMatchObject(refusal(400, 'bad_json'));
  });

  test('larger than allowed: 413 too_large', async () => {
    expect(await login(JSON.stringify({ username: 'ann', password: 'x'.repeat(70_000) }))).toMatchObject(
      refusal(413, 'too_large'),
    );
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    '%s: 415 unsupported_media_type',
    async (type) => {
      expect(await login('{}', type)).toMatchObject(refusal(415, 'unsupported_media_type'));
    },
  );

  test('compressed: 415', async () => {
    expect(await login('{}', 'application/json', { 'content-encoding': 'gzip' })).toMatchObject(
      refusal(415, 'unsupported_media_type'),
    );
  });

  test('with a charset, and with fields that nobody knows: taken', async () => {
    const body = JSON.stringify({ username: 'ann', password: PASSWORD, newer: true });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await fetch(`${base}/auth/login`, { method: 'POST', headers, body })).status).toBe(200);
  });
});

describe('paths', () => {
  test.each([
    ['GET', '/nope', 404, 'not_found'],
    ['PUT', '/health', 404, 'not_found'],
    ['GET', '/docs/../../package.json', 404, 'not_found'],
    ['GET', '/users/%zz', 400, 'invalid_field'],
    ['GET', '/users/%00', 400, 'invalid_field'],
    ['GET', '/users/a', 400, 'invalid_field'],
    ['GET', `/groups/${'x'.repeat(65)}`, 400, 'invalid_field'],
    ['GET', `/groups/${'x'.repeat(500)}`, 404, 'not_found'],
  ] as const)('%s %s: %i %s', async (method, path, status, code) => {
    expect(await send(path, { method, headers: { authorization: `Bearer ${token}` } })).toMatchObject(refusal(status, code));
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['before=-1', 'before'],
    ['after=1e999', 'after'],
  ])('?%s: 400 names %s', async (query, field) => {
    const path = `/groups/0190f5a0-7b1c-7000-8000-000000000001/messages?${query}`;
    expect(await send(path, { headers: { authorization: `Bearer ${token}` } })).toMatchObject(
      refusal(400, 'invalid_field', field),
    );
  });
});

/** Fails unless it is a refusal. */
const shape = (body: string) => http.ErrorBody.parse(JSON.parse(body)).error;

describe('what is not even a good HTTP request', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['a bad header', 'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n', 400],
    ['two lengths', 'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}', 400],
    [
      'length and chunks',
      'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['huge headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is answered in the same shape', async (_what, bytes, status) => {
    const answer = await rawHttp(base, bytes);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
    shape(answer.body);
  });

  test('D9: who never ends his headers is let go after 5 seconds', async () => {
    const started = performance.now();
    const answer = await rawHttp(base, 'GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ');
    expect(answer.status).toBe(408);
    shape(answer.body);
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe('an offer to upgrade to another protocol than WebSocket is not taken up (RFC 9110 §7.8)', () => {
  /** As `curl --http2` and Java's HttpClient ask over plain HTTP. */
  const OFFER = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
  const end = 'GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

  test('the request is answered as if it were not there, and the connection goes on', async () => {
    const asked = `GET /health HTTP/1.1\r\nhost: x\r\n${OFFER}\r\n`;
    const { status, headers, body } = await rawHttp(base, `${asked}${asked}${end}`);
    expect([status, headers.get('x-request-id'), headers.get('connection')]).toEqual([
      200,
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      'keep-alive',
    ]);
    expect(body.match(/"status":"ok","uptime"/g)).toHaveLength(2);
    expect(body.endsWith('{"status":"ok"}')).toBe(true);
  });

  test.each(['in one go', 'chunked', 'late'])('also one with a body, %s', async (how) => {
    const body = JSON.stringify({ username: 'ann', password: PASSWORD });
    const head = `POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${OFFER}`;
    const sized = `${head}content-length: ${body.length}\r\n\r\n`;
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const parts = { 'in one go': [`${sized}${body}${end}`], chunked: [`${chunked}${end}`], late: [sized, `${body}${end}`] };
    const answer = await rawHttp(base, ...(parts[how as keyof typeof parts] ?? []));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('"token":"');
    expect(answer.body).toContain('{"status":"ok"}');
  });

  test('and it is no way past limits, tokens and what is refused', async () => {
    const close = `connection: close, Upgrade\r\nupgrade: h2c\r\n\r\n`;
    for (const [line, status] of [
      ['GET /me', 401],
      ['GET /nope', 404],
      ['GET /ws/chat', 404],
      ['PUT /health', 404],
    ] as const) {
      const answer = await rawHttp(base, `${line} HTTP/1.1\r\nhost: x\r\n${close}`);
      expect([line, answer.status]).toEqual([line, status]);
      shape(answer.body);
    }
    const onChatPort = await rawHttp(server.addresses.chat, `GET / HTTP/1.1\r\nhost: x\r\n${close}`);
    expect([onChatPort.status, onChatPort.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });
});

describe('headers', () => {
  test('nothing may be framed, sniffed or scripted, and answers with content are not kept', async () => {
    const { headers } = await call(base, 'GET', '/me', { token });
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a refusal carries them too', async () => {
    const { headers } = await send('/me', { headers: { origin: 'http://localhost:0' } });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('HEAD is GET without its body', async () => {
    const response = await fetch(`${base}/health`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('CORS', () => {
  let other: RunningServer;
  beforeAll(async () => {
    other = await startServer({ CORS_ORIGIN: 'https://chat.example.org' });
  });
  afterAll(() => other.remove());

  const from = (origin: string, init: RequestInit = {}) =>
    fetch(`${other.addresses.http}/me`, { ...init, headers: { origin, ...(init.headers as Record<string, string>) } });

  test('an allowed page may read answers, refusals too', async () => {
    const response = await from('https://chat.example.org');
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://chat.example.org');
    expect(response.headers.get('vary')).toContain('Origin');
  });

  test('and is told so beforehand, without a token', async () => {
    const response = await from('https://chat.example.org', {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  test('another may not', async () => {
    const response = await from('https://evil.example.org');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});
