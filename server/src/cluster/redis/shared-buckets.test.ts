import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { soon } from '../../ports/ears.contract.js';
import type { SharedLimits, SharedRate } from '../../ports/shared-limits.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

/** A bucket as the doors have it, as far as it matters here. */
class Door {
  readonly #limits: SharedLimits;
  readonly #rate: SharedRate;
  readonly fullAt = new Map<string, number>();

  constructor(limits: SharedLimits, rate: SharedRate) {
    this.#limits = limits;
    this.#rate = rate;
    limits.listen((_, key, fullInMs) => {
      this.fullAt.set(key, Math.max(this.fullAt.get(key) ?? 0, performance.now() + fullInMs));
    });
  }

  take(key: string, cost = 1): boolean {
    const { perS, burst } = this.#rate;
    const now = performance.now();
    const next = Math.max(this.fullAt.get(key) ?? 0, now) + (cost * 1_000) / perS;
    if (next - now - (burst * 1_000) / perS > 1e-6) return false;
    this.fullAt.set(key, next);
    this.#limits.note({ bucket: 'messages', key, cost, rate: this.#rate });
    return true;
  }
}

onEachRedis((name, { redis }) => {
  describe(`shared limits on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    afterAll(() => place.close());
    const doors = async (rate: SharedRate) => {
      const nodes = [place.node(), place.node()];
      await Promise.all(nodes.map((node) => node.start()));
      return nodes.map((node) => new Door(node.limits, rate)) as [Door, Door];
    };

    it('R23 two servers together allow the burst, and a little for what is under way, not twice', async () => {
      const [a, b] = await doors({ perS: 1, burst: 100 });
      let taken = 0;
      for (let round = 0; round < 100; round++) {
        for (const door of [a, b]) for (let n = 0; n < 2; n++) if (door.take('ann')) taken++;
        await sleep(5);
      }
      expect(taken).toBeGreaterThanOrEqual(99);
      expect(taken).toBeLessThanOrEqual(115);
      expect(a.take('bob')).toBe(true);
    });

    it('R23 what one server took is felt at the other when it takes next', async () => {
      const [a, b] = await doors({ perS: 10, burst: 100 });
      expect(a.take('eve', 90)).toBe(true);
      await soon(() => expect(a.fullAt.size).toBe(1));
      await sleep(50);
      expect(b.take('eve')).toBe(true);
      await soon(() => expect((b.fullAt.get('eve') ?? 0) - performance.now()).toBeGreaterThan(8_000));
      expect(b.take('eve', 20)).toBe(false);
    });

    it('a bucket that is full again is forgotten', async () => {
      const [a] = await doors({ perS: 1_000, burst: 100 });
      a.take('fay', 100);
      await sleep(400);
      expect((await place.keysIn()).filter((key) => key.includes('fay'))).toEqual([]);
    });
  });
});
