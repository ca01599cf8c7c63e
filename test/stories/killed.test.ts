import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, ParleyApi, type Message } from '@parley/client/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASSWORD } from '../world/people.js';
import { onEmbedded } from '../world/profile.js';
import { failedStart, killServers, spawnServer } from '../world/process.js';
import { portOf } from '../world/server.js';
import { until } from '../world/until.js';
import { wholeLog } from '../world/whole-log.js';

const ROUNDS = 4;
const PER_ROUND = 400;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-killed-'));
});
afterEach(async () => {
  await killServers();
  await rm(dataDir, { recursive: true, force: true });
});

describe('kill -9', () => {
  test(
    'D1 D3 D4 R1 a server killed again and again under traffic loses nothing acknowledged, and shows nothing twice',
    { timeout: 60_000 },
    async () => {
      let server = await spawnServer(dataDir);
      const { http, chat } = server.addresses;
      const ports = { HTTP_PORT: portOf(http), CHAT_PORT: portOf(chat), PRESENCE_PORT: portOf(server.addresses.presence) };
      const device = async (username: string) => {
        const api = new ParleyApi({ url: http });
        const { token } = await api.register({ username, password: PASSWORD });
        const client = createClient({ token, chatUrl: chat, catchUp: 'all', times: { backoff: { baseMs: 20, maxMs: 200 } } });
        await client.connect();
        return { api, client };
      };
      const [ann, bob] = [await device('ann'), await device('bob')];
      const received: string[] = [];
      bob.client.on('message', ({ message }) => received.push(message.content));

      const acknowledged: Message[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const sends = Array.from({ length: PER_ROUND }, (_, i) => ann.client.sendTo('bob', `${round}.${i}`).sent);
        const some = Math.floor((PER_ROUND / ROUNDS) * (round + 0.5));
        for (const sent of sends) void sent.then((message) => acknowledged.push(message));
        await until('some are acknowledged', () => acknowledged.length >= round * PER_ROUND + some);
        await server.kill('SIGKILL');
        server = await spawnServer(dataDir, ports);
        await Promise.all(sends);
      }

      const everything = Array.from({ length: ROUNDS }, (_, round) =>
        Array.from({ length: PER_ROUND }, (__, i) => `${round}.${i}`),
      ).flat();
      await until('Bob has received everything', () => received.length >= everything.length);
      expect(received).toEqual(everything);
      const log = await wholeLog(ann.api);
      expect(log.map(({ seq, messageId: id, content }) => ({ seq, id, content }))).toEqual(
        acknowledged.map(({ seq, id, content }) => ({ seq, id, content })).sort((a, b) => a.seq - b.seq),
      );
      expect(acknowledged.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(everything.map((_, i) => i + 1));
      await ann.client.close();
      await bob.client.close();
      expect(await server.kill('SIGTERM')).toBe(0);
    },
  );

  onEmbedded('R25 a second server on the same folder says why it cannot start', async () => {
    const server = await spawnServer(dataDir);
    const { code, said } = await failedStart(dataDir);
    expect(code).toBe(1);
    expect(said).toContain('in use');
    await server.kill('SIGTERM');
  });

  onEmbedded('a port in use is named with its setting', async () => {
    const server = await spawnServer(dataDir);
    const { code, said } = await failedStart(dataDir, {
      DATA_DIR: join(dataDir, 'other'),
      CHAT_PORT: portOf(server.addresses.chat),
    });
    expect(code).toBe(1);
    expect(said).toContain(`CHAT_PORT ${portOf(server.addresses.chat)} is in use by another program`);
    await server.kill('SIGTERM');
  });

  test('in production nothing starts without a secret, and every bad setting is named at once', async () => {
    const { code, said } = await failedStart(dataDir, { NODE_ENV: 'production', HTTP_PORT: 'many', LIMIT_JOINS_PER_MIN: '-1' });
    expect(code).toBe(1);
    for (const name of ['JWT_SECRET', 'HTTP_PORT', 'LIMIT_JOINS_PER_MIN']) expect(said).toContain(name);
  });
});
