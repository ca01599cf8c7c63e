import type { ParleyClient } from '@parley/client/node';
import { expect, test } from 'vitest';
import { Person } from '../world/people.js';
import { spawnServers } from '../world/process.js';
import { until } from '../world/until.js';

/** A lease of six seconds, a second of grace for it, and the next look of another server: well below the minute of P1. */
const OFFLINE_WITHIN_MS = 15_000;

test(
  'P1 a server is killed: who was only there is offline within seconds, who is also elsewhere stays without a word',
  { timeout: 60_000 },
  async () => {
    const { processes, nodes, addresses } = await spawnServers({}, {}, {});
    const [one, two, three] = nodes;
    const server = { addresses, nodes };
    const [ann, bob, cleo, dan] = await Promise.all(['ann', 'bob', 'cleo', 'dan'].map((name) => Person.register(server, name)));
    if (ann === undefined || bob === undefined || cleo === undefined || dan === undefined) throw new Error('nobody came');
    const on = (node: typeof one) => ({ chatUrl: node?.chat ?? '', presenceUrl: node?.presence ?? '' });

    const anns = await ann.device(on(one));
    for (const friend of [bob, cleo, dan]) await anns.sendTo(friend.username, 'hi').sent;
    // Bob by both kinds of connection, Dan by a chat connection alone; Cleo has a second device on the third server.
    await Promise.all([
      bob.device(on(two)),
      dan.device({ chatUrl: two?.chat ?? '' }),
      cleo.device(on(two)),
      cleo.device(on(three)),
    ]);
    const seen = (person: Person, by: ParleyClient = anns) => by.presence.of(person.username).status;
    await until('Ann sees them all', () => [bob, cleo, dan].every((person) => seen(person) === 'online'));

    const news: string[] = [];
    anns.on('presence', ({ username, status }) => news.push(`${username} ${status}`));
    await processes[1]?.kill('SIGKILL');
    const killedAt = Date.now();
    await until(
      'Bob and Dan are offline to Ann',
      () => [bob, dan].every((person) => seen(person) === 'offline'),
      OFFLINE_WITHIN_MS,
    );
    expect(anns.presence.of(bob.username).lastSeen).toBeGreaterThanOrEqual(killedAt);
    // Whoever comes later is told the same.
    const laptop = await ann.device(on(three));
    await until('her laptop knows Cleo', () => seen(cleo, laptop) === 'online');
    expect([seen(bob, laptop), seen(dan, laptop)]).toEqual(['offline', 'offline']);
    expect(news.sort()).toEqual([bob, dan].map(({ username }) => `${username} offline`).sort());
  },
);
