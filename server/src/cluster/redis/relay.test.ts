import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Metrics } from '../../host/metrics.js';
import { Ears, event, soon } from '../../ports/ears.contract.js';
import { Keys } from './keys.js';
import type { RedisNode, RedisNodeOptions } from './open.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

onEachRedis((name, { redis }) => {
  describe(`relay on ${name}, inside`, () => {
    const places: RedisPlace[] = [];
    afterAll(() => Promise.all(places.map((each) => each.close())));

    const open = async (more: Partial<RedisNodeOptions>[]) => {
      const place = new RedisPlace(redis.at);
      places.push(place);
      const nodes = await Promise.all(more.map((each) => join(place, each)));
      return { place, keys: new Keys(place.prefix), nodes };
    };

    /** Two servers, of which the second, where the user is, hands over nothing until it is released. */
    const openHeld = async () => {
      const { place, keys, nodes } = await open([{}, {}]);
      const [a, b] = nodes as [Joined, Joined];
      const user = randomUUID();
      await b.node.relay.here(user);
      let free = () => {};
      b.ears.held = new Promise((resolve) => (free = resolve));
      const stream = keys.stream(b.node.boot);
      return {
        a,
        b,
        user,
        waiting: () => place.admin.xlen(stream),
        unacknowledged: () => place.admin.xpending(stream, 'chat'),
        release: () => {
          b.ears.held = null;
          free();
        },
      };
    };

    it('R11 an entry is taken off the stream once it was handed over, and not before', async () => {
      const { a, b, user, waiting, unacknowledged, release } = await openHeld();
      for (let n = 0; n < 10; n++) await a.node.relay.forward(event([user], `${n}`));
      expect(await waiting()).toBe(10);
      release();
      await soon(async () => expect(await waiting()).toBe(0));
      expect(await unacknowledged()).toEqual([0, null, null, null]);
      expect(b.ears.hints).toHaveLength(10);
    });

    it('an entry that nobody understands is counted and taken off, and holds up nobody', async () => {
      const errors: unknown[] = [];
      const metrics = new Metrics();
      const { place, keys, nodes } = await open([{}, { meter: metrics, onError: (error) => errors.push(error) }]);
      const [a, b] = nodes as [Joined, Joined];
      const user = randomUUID();
      await b.node.relay.here(user);
      const stream = keys.stream(b.node.boot);
      for (const words of ['', '1', '2 event x 1\nu\n', '1 entry x 1 c\nu\n', '1 event x -1\nu\n', '1 event x 1\n*\n']) {
        await place.admin.xadd(stream, '*', 'h', words);
      }
      await place.admin.xadd(stream, '*', 'other', 'thing');
      await a.node.relay.forward(event([user], 'next'));
      await soon(() => expect(b.ears.texts()).toEqual(['next']));
      expect(await metrics.render()).toMatch(/^parley_hints_poisoned_total 7$/m);
      expect(errors).toHaveLength(7);
      await soon(async () => expect(await place.admin.xlen(stream)).toBe(0));
    });

    it('what is sent together goes in one entry for each server, up to a size, and comes in its order', async () => {
      const { a, b, user, waiting, release } = await openHeld();
      const sendAll = (texts: string[]) => Promise.all(texts.map((text) => a.node.relay.forward(event([user], text))));
      const small = Array.from({ length: 64 }, (_, n) => `small ${n}`);
      const large = Array.from({ length: 4 }, (_, n) => `large ${n} ${'x'.repeat(20_000)}`);
      await sendAll(small);
      expect(await waiting()).toBe(1);
      await sendAll(large);
      expect(await waiting()).toBe(5);
      release();
      await soon(() => expect(b.ears.texts()).toEqual([...small, ...large]));
      expect(b.ears.doubts).toBe(0);
    });

    it('D9 more ephemerals than can wait are dropped, and counted', async () => {
      const metrics = new Metrics();
      const { nodes } = await open([{ meter: metrics }, {}]);
      const [a, b] = nodes as [Joined, Joined];
      const user = randomUUID();
      await b.node.relay.here(user);
      const lost: string[] = [];
      for (let n = 0; n < 2_007; n++) a.node.relay.ephemeral([user], Buffer.from(`${n}`), (userIds) => lost.push(...userIds));
      await soon(() => expect(b.ears.ephemerals).toHaveLength(2_000));
      expect(await metrics.render()).toMatch(/^parley_ephemerals_dropped_total 7$/m);
      expect(lost).toEqual(Array.from({ length: 7 }, () => user));
    });

    it('R9 a start casts no doubt', async () => {
      const { nodes } = await open([{}]);
      // Longer than news of a cluster's nodes is gathered.
      await sleep(3_000);
      expect(nodes[0]?.ears.doubts).toBe(0);
    });

    it('R9 a stream that was cut because it was not read casts a doubt', async () => {
      const { place, keys, nodes } = await open([{ streamMaxEntries: 100 }, {}]);
      const [a, b] = nodes as [Joined, Joined];
      const user = randomUUID();
      await b.node.relay.here(user);
      await a.node.relay.forward(event([user], 'first'));
      await soon(() => expect(b.ears.texts()).toEqual(['first']));
      let release = () => {};
      b.ears.held = new Promise((resolve) => (release = resolve));
      // One after the other: what is sent together is one entry.
      for (let n = 0; n < 1_000; n++) await a.node.relay.forward(event([user], `${n}`));
      expect(await place.admin.xlen(keys.stream(b.node.boot))).toBeLessThan(500);
      expect(b.ears.doubts).toBe(0);
      b.ears.held = null;
      release();
      await soon(() => expect(b.ears.texts().at(-1)).toBe('999'));
      expect(b.ears.doubts).toBeGreaterThan(0);
      await soon(async () => expect(await place.admin.xlen(keys.stream(b.node.boot))).toBe(0));
    });

    it('D9 each stream is cut, to however many servers the same entries go', async () => {
      const { place, keys, nodes } = await open([{ streamMaxEntries: 100 }, {}, {}]);
      const [a, ...others] = nodes as [Joined, Joined, Joined];
      const users = others.map(() => randomUUID());
      await Promise.all(others.map(({ node }, n) => node.relay.here(users[n] ?? '')));
      const releases = others.map(({ ears }) => {
        let release = () => {};
        ears.held = new Promise((resolve) => (release = resolve));
        return () => {
          ears.held = null;
          release();
        };
      });
      for (let n = 0; n < 500; n++) await a.node.relay.forward(event(users, `${n}`));
      for (const { node } of others) expect(await place.admin.xlen(keys.stream(node.boot))).toBeLessThan(300);
      for (const release of releases) release();
    });

    it('R8 what is in the directory is only what is here, also after people came and went in crowds', async () => {
      const { place, keys, nodes } = await open([{}]);
      const [a] = nodes as [Joined];
      const people = Array.from({ length: 3_000 }, () => randomUUID());
      await Promise.all(people.map((user) => a.node.relay.here(user)));
      for (const user of people.slice(0, 2_000)) a.node.relay.gone(user);
      for (const user of people.slice(0, 1_000)) void a.node.relay.here(user);
      const present = new Set([...people.slice(0, 1_000), ...people.slice(2_000)].map((user) => keys.directory(user)));
      await soon(async () => {
        const there = (await place.keysIn()).filter((key) => key.includes(':at:'));
        expect(there.length).toBe(present.size);
        expect(there.every((key) => present.has(key))).toBe(true);
      });
      expect(await place.admin.pttl(keys.directory(people[0] as string))).toBeGreaterThan(290_000);
    });

    it('R10 a server that took over and died is replaced, and nothing is left of either', async () => {
      const { place, keys, nodes } = await open([{}, {}, {}]);
      const [a, b, c] = nodes as [Joined, Joined, Joined];
      const user = randomUUID();
      await b.node.relay.here(user);
      b.ears.held = new Promise(() => {});
      for (let n = 0; n < 5; n++) await a.node.relay.forward(event([user], `${n}`));
      // A claim of somebody who is no more.
      const [, now] = [b.node.abandon(), Date.now()];
      await place.admin.hset(keys.registry, b.node.boot, `taken ${now + 1_000} n9.somebody`);
      await c.node.relay.here(user);
      await soon(() => expect(c.ears.texts()).toEqual(['0', '1', '2', '3', '4']));
      await soon(async () => expect(await place.admin.exists(keys.stream(b.node.boot))).toBe(0));
      await soon(async () => expect(await place.admin.hget(keys.registry, b.node.boot)).toMatch(/^gone /));
      await a.node.relay.forward(event([user], 'x'));
      expect(await place.admin.hkeys(keys.directory(user))).toEqual([c.node.boot]);
    });

    it('R10 one that finds itself reaped is lost, and writes nothing of its own any more', async () => {
      let lost = 0;
      const { place, keys, nodes } = await open([{}, { onLost: () => lost++ }]);
      const [a, b] = nodes as [Joined, Joined];
      const [user, late] = [randomUUID(), randomUUID()];
      await b.node.relay.here(user);
      await place.admin.hset(keys.registry, b.node.boot, `gone ${Date.now() + 60_000} -`);
      await soon(() => expect(lost).toBe(1));
      expect(b.node.lease.isHeld()).toBe(false);
      await b.node.relay.here(late);
      await sleep(100);
      expect(await place.admin.hkeys(keys.directory(late))).toEqual([]);
      await soon(async () => expect(await a.node.relay.forward(event([user], 'x'))).toEqual([user]));
      await b.node.close();
      expect(await place.admin.hget(keys.registry, b.node.boot)).toMatch(/^gone /);
    });

    it('a server that left leaves only word of it', async () => {
      const { place, keys, nodes } = await open([{}]);
      const [a] = nodes as [Joined];
      const user = randomUUID();
      await a.node.relay.here(user);
      a.node.board.put(user, { away: false });
      a.node.relay.gone(user);
      await a.node.close();
      const left = (await place.keysIn()).filter((key) => !key.includes(':epoch:'));
      expect(left).toEqual([keys.registry]);
      expect(await place.admin.hgetall(keys.registry)).toEqual({ [a.node.boot]: expect.stringMatching(/^gone /) as string });
    });

    it('says what an operator should know', async () => {
      const { nodes } = await open([{}]);
      expect(await nodes[0]?.node.warnings()).toEqual([]);
    });
  });
});

type Joined = { node: RedisNode; ears: Ears };

async function join(place: RedisPlace, more: Partial<RedisNodeOptions>): Promise<Joined> {
  const node = place.node(more);
  const ears = new Ears();
  node.relay.listen(ears);
  await node.start();
  return { node, ears };
}
