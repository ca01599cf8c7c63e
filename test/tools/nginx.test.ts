import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { http } from '@parley/protocol';
import { NGINX } from '../../backing/src/nginx.js';
import { freePort } from '../../backing/src/port.js';
import { install, INSTALLING_MAX_MS, programFor, startProxy } from '../world/deployed.js';
import { call, PASSWORD, register } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { rawHttp } from '../world/raw-http.js';
import { startServer } from '../world/server.js';

beforeAll(() => install(NGINX), INSTALLING_MAX_MS);

test(
  'nginx as deployed: whose address is believed, what is hidden, limits, and refusals in the shape of all others',
  {
    timeout: 60_000,
  },
  async (context) => {
    programFor(context, NGINX);
    const server = await startServer({ TRUST_PROXY: '1' });
    onTestFinished(() => server.remove());
    const { http: api, chat } = server.addresses;
    const nobody = `127.0.0.1:${await freePort()}`;
    const url = await startProxy({ api: [new URL(api).host], chat: [nobody, new URL(chat).host], presence: [nobody] });
    const ws = url.replace('http', 'ws');

    const { token } = await register(url, 'ann');
    // What a client says of itself is not believed.
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    await call(url, 'POST', '/auth/login', { body: { username: 'ann', password: PASSWORD }, headers });
    const { body: mine } = await call<{ sessions: http.Session[] }>(url, 'GET', '/me/sessions', { token });
    expect(mine.sessions.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1']);

    for (const path of ['/metrics', '/metrics/', '//metrics', '/%6detrics', '/refusal'])
      expect([path, await call(url, 'GET', path)]).toMatchObject([path, { status: 404, body: { error: { code: 'not_found' } } }]);
    const large = await call(url, 'POST', '/auth/login', { body: { username: 'x'.repeat(70_000) } });
    expect(large).toMatchObject({ status: 413, body: { error: { code: 'too_large', retryable: false } } });
    // No upgrade but that to a WebSocket is offered to the servers.
    const offer = 'GET /health HTTP/1.1\r\nhost: x\r\nconnection: close, Upgrade\r\nupgrade: h2c\r\n\r\n';
    expect((await rawHttp(url, offer)).status).toBe(200);

    // Each upgrade finds the process that is there.
    for (let n = 0; n < 4; n++) {
      const device = await RawClient.connect(`${ws}/ws/chat`, token);
      await device.settle();
      await device.close();
    }
    const away = await RawClient.refused(`${ws}/ws/presence`, token);
    expect(away).toMatchObject({ status: 502, headers: { 'retry-after': '2' }, body: { error: { code: 'overloaded' } } });

    const many = await Promise.all(Array.from({ length: 400 }, () => call(url, 'GET', '/health/live')));
    const refused = many.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers: answered, body } of refused)
      expect([status, answered.get('retry-after'), body]).toMatchObject([429, '2', { error: { code: 'rate_limited' } }]);
  },
);
