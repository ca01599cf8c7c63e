import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { http } from '@parley/protocol';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../server/src/embedded/sqlite.js';
import { call, PASSWORD, register } from '../world/http.js';
import { onEmbedded, PROFILE } from '../world/profile.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { maySkip } from '../world/wanted.js';
import { until } from '../world/until.js';

const ALL_WELL = PROFILE === 'embedded' ? { store: 'ok' } : { postgres: 'ok', cassandra: 'ok', redis: 'ok' };

let server: RunningServer;
afterEach(() => server.remove());

async function start(env: Record<string, string> = {}): Promise<string> {
  server = await startServer(env);
  return server.addresses.http;
}

describe('health', () => {
  test('has the shape of the description, and needs no token', async () => {
    const base = await start();
    const { status, body } = await call<http.Health>(base, 'GET', '/health');
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ok',
      uptime: expect.any(Number) as number,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      profile: PROFILE,
      roles: ['api', 'chat', 'presence', 'worker'],
      checks: ALL_WELL,
    });
    expect(await call(base, 'GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await call(base, 'GET', '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('is told on every port, and so are the metrics', async () => {
    await start();
    const [{ http: base, chat, presence } = { http: '', chat: '', presence: '' }] = server.nodes;
    for (const port of [base, chat.replace('ws', 'http'), presence.replace('ws', 'http')]) {
      for (const path of ['/health', '/health/', '/health/live', '/health/ready?from=probe']) {
        expect([path, await call(port, 'GET', path)]).toMatchObject([path, { status: 200, body: { status: 'ok' } }]);
      }
      expect(await (await fetch(`${port}/metrics`)).text()).toMatch(/^parley_process_cpu_seconds_total /m);
    }
    for (const path of ['/healthy', '/health/other', '/metrics/x', '/auth/login', '//health'])
      expect([path, (await call(chat.replace('ws', 'http'), 'GET', path)).status]).toEqual([path, 426]);
  });

  onEmbedded('R25 with a store that cannot be written to: not ready, and says which part; ready again by itself', async () => {
    const base = await start();
    // As a backup tool does that holds the file for too long.
    const other = await openSqlite(join(server.dataDir, 'parley.db'), []);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const failing = { status: 'degraded', checks: { store: 'failing' } };
    await until('it is not ready', async () => (await call(base, 'GET', '/health/ready')).status === 503);
    expect(await call(base, 'GET', '/health/ready')).toMatchObject({ status: 503, body: failing });
    expect(await call(base, 'GET', '/health')).toMatchObject({ status: 200, body: failing });
    expect(await call(base, 'GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    other.exec('ROLLBACK');
    await until('it is ready', async () => (await call(base, 'GET', '/health/ready')).status === 200);
    expect(await call(base, 'GET', '/health')).toMatchObject({ body: { status: 'ok', checks: { store: 'ok' } } });
  });

  test('D10 while it drains: not ready, and says why, for as long as anybody is waited for', async () => {
    await start();
    // Both doors of one server.
    const [{ http: base, chat } = { http: '', chat: '' }] = server.nodes;
    const { token } = await register(base, 'ann');
    const deaf = await RawClient.connect(chat, token);
    onTestFinished(() => deaf.socket.terminate());
    await deaf.settle();
    // The server waits half a second for the answer to its close.
    deaf.socket.pause();
    const stopped = server.stop();
    const draining = { status: 'draining', checks: ALL_WELL };
    expect(await call(base, 'GET', '/health/ready')).toMatchObject({ status: 503, body: draining });
    await expect(fetch(`${chat.replace('ws', 'http')}/health/ready`)).rejects.toThrow('fetch failed');
    expect(await call(base, 'GET', '/health')).toMatchObject({ status: 200, body: draining });
    expect(await call(base, 'GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await stopped;
  });
});

describe('metrics', () => {
  test('are Prometheus text, and tell what happened', async () => {
    const base = await start();
    await register(base, 'ann');
    await call(base, 'POST', '/auth/login', { body: { username: 'ann', password: 'wrong horse battery' } });
    const response = await fetch(`${base}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toMatch(/^parley_logins_refused_total 1$/m);
    expect(text).toMatch(/^parley_http_request_seconds_count\{method="POST",route="\/auth\/register",status="201"\} 1$/m);
    expect(text).toMatch(/^parley_nodejs_eventloop_lag_p99_seconds /m);
    expect(text.split('\n').filter((line) => line !== '' && !/^(# )?(HELP |TYPE )?parley_/.test(line))).toEqual([]);
    expect(text).not.toContain('ann');
  });

  test('with METRICS_TOKEN, only for who bears it', async () => {
    const base = await start({ METRICS_TOKEN: 'a-token-for-prometheus' });
    const read = async (headers: Record<string, string>) => (await fetch(`${base}/metrics`, { headers })).status;
    expect(await read({})).toBe(401);
    expect(await read({ authorization: 'Bearer another-token' })).toBe(401);
    expect(await read({ authorization: 'Bearer a-token-for-prometheus' })).toBe(200);
  });
});

describe('limits', () => {
  const login = (base: string, username: string, headers: Record<string, string> = {}) =>
    call<http.ErrorBody>(base, 'POST', '/auth/login', { body: { username, password: 'wrong horse battery' }, headers });

  test('tries to sign in, by account in any case: 429 with Retry-After', async () => {
    const base = await start({ LIMIT_LOGINS_PER_MIN: '3' });
    for (const username of ['ann', 'Ann', 'ANN']) expect((await login(base, username)).status).toBe(401);
    const refused = await login(base, 'ann');
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'rate_limited', retryable: true } } });
    const { retryAfterMs = 0 } = refused.body.error;
    expect(retryAfterMs).toBeGreaterThan(15_000);
    expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil(retryAfterMs / 1_000));
    expect((await login(base, 'bob')).status).toBe(401);
  });

  test('and by address, whoever is tried', async () => {
    const base = await start({ LIMIT_LOGINS_PER_MIN_PER_ADDRESS: '2' });
    expect([(await login(base, 'ann')).status, (await login(base, 'bob')).status, (await login(base, 'eve')).status]).toEqual([
      401, 401, 429,
    ]);
  });

  test('X-Forwarded-For counts only where a proxy is trusted', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const alone = await start({ LIMIT_LOGINS_PER_MIN_PER_ADDRESS: '1' });
    expect((await login(alone, 'ann', from('192.0.2.1'))).status).toBe(401);
    expect((await login(alone, 'ann', from('192.0.2.2'))).status).toBe(429);
    await server.remove();
    const behind = await start({ LIMIT_LOGINS_PER_MIN_PER_ADDRESS: '1', TRUST_PROXY: '1' });
    expect((await login(behind, 'ann', from('192.0.2.1'))).status).toBe(401);
    expect((await login(behind, 'ann', from('192.0.2.2'))).status).toBe(401);
    expect((await login(behind, 'ann', from('forged, 192.0.2.2'))).status).toBe(429);
  });

  test('registrations by address leave room for a dozen accounts by default', async () => {
    const base = await start({ LIMIT_REGISTRATIONS_PER_HOUR: '' });
    for (let i = 0; i < 12; i++) await register(base, `friend-${i}`);
    await server.remove();
    const strict = await start({ LIMIT_REGISTRATIONS_PER_HOUR: '1' });
    await register(strict, 'first');
    expect((await call(strict, 'POST', '/auth/register', { body: { username: 'second', password: PASSWORD } })).status).toBe(429);
  });

  test('requests by address, but not those of probes', async () => {
    const base = await start({ LIMIT_REQUESTS_PER_S: '1', LIMIT_REQUESTS_BURST: '2' });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await call(base, 'GET', '/nope')).status);
    expect(statuses).toEqual([404, 404, 429]);
    for (let i = 0; i < 10; i++) expect((await call(base, 'GET', '/health/live')).status).toBe(200);
  });

  test('history of one user, and joining', async () => {
    const base = await start({ LIMIT_HISTORY_PER_S: '1', LIMIT_HISTORY_BURST: '1', LIMIT_JOINS_PER_MIN: '1' });
    const [ann, bob] = [await register(base, 'ann'), await register(base, 'bob')];
    const inbox = (token: string) => call(base, 'GET', '/inbox', { token });
    expect([(await inbox(ann.token)).status, (await inbox(ann.token)).status, (await inbox(bob.token)).status]).toEqual([
      200, 429, 200,
    ]);
    const create = () => call(base, 'POST', '/groups', { token: ann.token, body: { name: 'Climbing' } });
    expect([(await create()).status, (await create()).status]).toEqual([201, 429]);
  });
});

test('TLS: with a certificate and its key, all is served over it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ];
  server = await startServer();
  try {
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch (error) {
    if (!maySkip()) throw error;
    return context.skip('openssl is not there to make a certificate');
  }
  await server.remove();
  const base = await start({ TLS_CERT: cert, TLS_KEY: key });
  expect(base).toMatch(/^https:/);
  const get = (headers: Record<string, string>) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      tlsRequest(`${base}/health`, { rejectUnauthorized: false, headers }, (response) => resolve(response.resume()))
        .on('error', reject)
        .end();
    });
  expect((await get({})).headers['strict-transport-security']).toContain('max-age=');
  // An offer of something other than a WebSocket is not taken up here either.
  expect((await get({ connection: 'Upgrade', upgrade: 'h2c' })).statusCode).toBe(200);
});
