import { expect, onTestFinished, test } from 'vitest';
import { createClient, ParleyApi, type ParleyClient } from '@parley/client/node';
import { PASSWORD } from '../world/people.js';
import { startCluster, STARTING_MS } from '../world/start-cluster.js';
import { until } from '../world/until.js';

test(
  'D4 D5 two people on two chat processes; kill -9 of one under traffic: they meet again, and each has everything once, in order',
  { timeout: 180_000 },
  async () => {
    const cluster = await startCluster();
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
