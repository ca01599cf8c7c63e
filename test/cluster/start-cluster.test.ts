import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createClient, ParleyApi, type ParleyClient } from '@parley/client/node';
import { call } from '../world/http.js';
import { PASSWORD } from '../world/people.js';
import { freshServices } from '../world/profile.js';
import { freePorts, settings } from '../world/server.js';
import { until } from '../world/until.js';

const SCRIPT = join(import.meta.dirname, '../../scripts/start-cluster.mjs');
const STARTING_MS = 60_000;

/** `npm run start:cluster`, and the numbers of its processes by their names, as they are printed. */
async function startCluster() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-start-cluster-'));
  const [services, ports] = await Promise.all([freshServices(), freePorts()]);
  const { HTTP_PORT: port = '' } = await freePorts();
  const child = spawn(process.execPath, [SCRIPT, '--port', port], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      ...settings(folder, { LOG_PRETTY: 'false' }),
      ...ports,
      ...services.env,
      NODE_ID: undefined,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const processes = new Map<string, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, name = '', pid = ''] = /^([\w-]+): process (\d+)$/.exec(line) ?? [];
    if (pid !== '') processes.set(name, Number(pid));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await services.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const at = (one: string) => `127.0.0.1:${one}`;
  return { processes, child, ended, http: `http://${at(port)}`, chat: `ws://${at(port)}/ws/chat` };
}

test(
  'D4 D5 two people on two chat processes; kill -9 of one under traffic: they meet again, and each has everything once, in order',
  { timeout: 180_000 },
  async () => {
    const cluster = await startCluster();
    const isUp = async () => (await call(cluster.http, 'GET', '/health/ready')).status === 200;
    await until('the cluster is up', () => isUp().catch(() => false), STARTING_MS);

    const received = new Map<string, string[]>();
    const device = async (username: string): Promise<ParleyClient> => {
      const { token } = await new ParleyApi({ url: cluster.http }).register({ username, password: PASSWORD });
      const client = createClient({
        token,
        chatUrl: cluster.chat,
        catchUp: 'all',
        times: { backoff: { baseMs: 20, maxMs: 500 } },
      });
      received.set(username, []);
      client.on('message', ({ message }) => received.get(username)?.push(`${message.from} ${message.content}`));
      await until(`${username} is in`, () => client.connect().then(() => true), STARTING_MS);
      onTestFinished(() => client.close());
      return client;
    };
    // The processes of one port take connections in turn.
    const [ann, bob] = [await device('ann'), await device('bob')];

    const sent: Promise<unknown>[] = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 100; n++) {
        sent.push(ann.sendTo('bob', `${round}.${n}`).sent, bob.sendTo('ann', `${round}.${n}`).sent);
      }
      await Promise.race(sent.slice(-150));
      const name = `chat-${1 + (round % 2)}`;
      const pid = cluster.processes.get(name);
      if (pid === undefined) throw new Error(`${name} has not been started`);
      process.kill(pid, 'SIGKILL');
      await until(`${name} is started again`, () => cluster.processes.get(name) !== pid);
    }
    await until('all is acknowledged', () => Promise.all(sent).then(() => true), 60_000);
    await until('all has come', () => [...received.values()].every((all) => all.length >= 600), 30_000);

    const [anns, bobs] = [received.get('ann') ?? [], received.get('bob') ?? []];
    expect(anns).toHaveLength(600);
    expect(new Set(anns).size).toBe(600);
    // One order for both, and each sender's own.
    expect(bobs).toEqual(anns);
    const inOrder = Array.from({ length: 3 }, (_, round) => Array.from({ length: 100 }, (__, n) => `${round}.${n}`)).flat();
    for (const who of ['ann', 'bob']) {
      expect(anns.filter((line) => line.startsWith(`${who} `)).map((line) => line.slice(who.length + 1))).toEqual(inOrder);
    }
    cluster.child.kill('SIGTERM');
    expect((await cluster.ended)[0]).toBe(0);
  },
);
