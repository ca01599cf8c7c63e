import { expect, onTestFinished, test } from 'vitest';
import type { http } from '@parley/protocol';
import { call, register } from '../world/http.js';
import { spawnServers } from '../world/process.js';
import { RawClient } from '../world/raw-client.js';
import { until } from '../world/until.js';

test('each process tells how it is and what it counts, whatever its roles; D10 first not ready, then gone', async () => {
  const { processes } = await spawnServers({ ROLES: 'api' }, { ROLES: 'chat' }, { ROLES: 'presence' }, { ROLES: 'worker' });
  const [api = '', chat = '', presence = '', worker = ''] = processes.map(({ addresses }) =>
    Object.values(addresses)
      .join('')
      .replace(/^ws/, 'http')
      .replace(/\/health$/, ''),
  );
  for (const [base, role] of [
    [api, 'api'],
    [chat, 'chat'],
    [presence, 'presence'],
    [worker, 'worker'],
  ] as const) {
    const health = await call<http.Health>(base, 'GET', '/health');
    expect(health).toMatchObject({ status: 200, body: { roles: [role], checks: { postgres: 'ok' } } });
    expect((await call(base, 'GET', '/health/ready')).status).toBe(200);
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(/^parley_journal_unarchived /m);
  }
  expect(await call(worker, 'GET', '/me')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });

  const { token } = await register(api, 'ann');
  const deaf = await RawClient.connect(chat.replace('http', 'ws'), token);
  onTestFinished(() => deaf.socket.terminate());
  await deaf.settle();
  // The server waits half a second for the answer to its close.
  deaf.socket.pause();
  const ended = processes[1]?.kill('SIGTERM');
  let isGone = false;
  void ended?.then(() => (isGone = true));
  await until('it takes no more connections', () =>
    fetch(`${chat}/health/ready`).then(
      () => false,
      () => true,
    ),
  );
  expect(isGone).toBe(false);
  expect(await ended).toBe(0);
  expect(await Promise.all([processes[3]?.kill('SIGTERM'), processes[2]?.kill('SIGTERM')])).toEqual([0, 0]);
});
