import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { soon } from '../../ports/ears.contract.js';
import type { RedisNode } from './open.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

onEachRedis((name, { redis }) => {
  describe(`existence filter on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    afterAll(() => place.close());
    const names = Array.from({ length: 2_000 }, () => `user-${randomUUID()}`);
    const nodes = async () => {
      const both = [place.node({ existenceExpectedUsers: 2_000 }), place.node({ existenceExpectedUsers: 2_000 })];
      await Promise.all(both.map((node) => node.start()));
      return both.map(({ existence }) => existence) as [RedisNode['existence'], RedisNode['existence']];
    };
    const fill = async (filter: RedisNode['existence']) => {
      const begun = filter.begin();
      await Promise.all(names.map((each) => filter.add(each)));
      return begun !== null && filter.complete(begun);
    };

    it('R23 says no only once it is complete, and never of a name that was added', async () => {
      const [a, b] = await nodes();
      expect(await a.mayExist('nobody')).toBe(true);
      expect(await a.isComplete()).toBe(false);
      expect(await fill(a)).toBe(true);
      expect(await b.isComplete()).toBe(true);
      const known = await Promise.all(names.map((each) => b.mayExist(each)));
      expect(known.every(Boolean)).toBe(true);
      const unknown = await Promise.all(Array.from({ length: 2_000 }, () => b.mayExist(randomUUID())));
      expect(unknown.filter(Boolean).length).toBeLessThan(100);
      await a.add('late');
      expect(await b.mayExist('late')).toBe(true);
    });

    it('R23 says maybe at once after Redis lost it, and until it is complete again', async () => {
      const [a, b] = await nodes();
      await fill(a);
      const begun = a.begin();
      await place.flush();
      const answers = await Promise.all(names.slice(0, 200).map((each) => b.mayExist(each)));
      expect(answers.every(Boolean)).toBe(true);
      // What was begun before the loss is not completed after it.
      await soon(() => expect(a.begin()).not.toBe(begun));
      expect(await a.complete(begun ?? '')).toBe(false);
      await soon(async () => expect(await fill(a)).toBe(true));
      await soon(async () => expect(await b.isComplete()).toBe(true));
      expect(await b.mayExist(names[0] as string)).toBe(true);
    });
  });
});
