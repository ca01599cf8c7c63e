import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionRow } from '../../ports/accounts.js';
import type { SessionCache } from './session-cache.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

const session = (): SessionRow => ({
  id: randomUUID(),
  userId: 'ann',
  createdAt: 1,
  lastUsedAt: 2,
  expiresAt: 3,
  userAgent: 'a browser, in Zürich',
  address: null,
});

onEachRedis((name, { redis }) => {
  describe(`session cache on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    let one: SessionCache;
    let other: SessionCache;
    beforeAll(async () => {
      const nodes = [place.node(), place.node()] as const;
      await Promise.all(nodes.map((node) => node.start()));
      [one, other] = [nodes[0].sessions, nodes[1].sessions];
    });
    afterAll(() => place.close());

    it('R23 what one server read the others know, for a minute at most from then on', async () => {
      const row = session();
      expect(await other.read(row.id)).toBeNull();
      await one.keep(row);
      const first = await other.read(row.id);
      expect(first).toEqual({ row, holdsMs: expect.any(Number) });
      const heldMs = typeof first === 'object' ? (first?.holdsMs ?? 0) : 0;
      expect(heldMs).toBeGreaterThan(50_000);
      expect(heldMs).toBeLessThanOrEqual(60_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Whoever reads it again does not make it hold for longer.
      await other.keep(row);
      expect(await other.read(row.id)).toEqual({ row, holdsMs: expect.toSatisfy((ms: number) => ms < heldMs) });
    });

    it('R23 one that was ended stays so, whoever read it just before', async () => {
      const row = session();
      await one.keep(row);
      await other.ended([row.id]);
      await one.keep(row);
      expect(await one.read(row.id)).toBe('ended');
    });
  });
});
