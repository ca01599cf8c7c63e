import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../ports/log.js';
import type { PageCache } from './page-cache.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

const START = Date.UTC(2026, 0, 1);

const message = (seq: number, more: Partial<Entry> = {}): Entry => ({
  conversationId: 'c',
  seq,
  ordinal: seq,
  messageId: `m-${seq}`,
  kind: 'message',
  senderId: 'ann',
  createdAt: START + seq,
  content: `Grüße 🧗 ${seq}\n`,
  detail: null,
  clientId: null,
  editedAt: null,
  deletedAt: null,
  ...more,
});
const revision = (kind: 'edit' | 'delete', seq: number, target: number) =>
  message(seq, { kind, content: kind === 'edit' ? 'new' : '', detail: { target: { seq: target, messageId: `m-${target}` } } });

onEachRedis((name, { redis }) => {
  describe(`page cache on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    let pages: PageCache;
    let other: PageCache;
    beforeAll(async () => {
      const nodes = [place.node(), place.node()] as const;
      await Promise.all(nodes.map((node) => node.start()));
      [pages, other] = [nodes[0].pages, nodes[1].pages];
    });
    afterAll(() => place.close());

    it('R17 a page is used only up to where it ends', async () => {
      const id = randomUUID();
      expect(await pages.read(id, 0)).toBeNull();
      const page = [message(8), message(9), message(10)];
      expect(await pages.store(id, page)).toBe(true);
      expect(await other.read(id, 10)).toEqual(page);
      expect(await other.read(id, 9)).toEqual(page);
      expect(await other.read(id, 11)).toBeNull();
      await other.forget(id);
      expect(await pages.read(id, 10)).toBeNull();
    });

    it('R17 its end never goes back, whoever stores when', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 3, max: 30 }), { minLength: 1, maxLength: 8 }), async (ends) => {
          const id = randomUUID();
          await Promise.all(
            ends.map((end, turn) => (turn % 2 === 0 ? pages : other).store(id, [message(end - 1), message(end)])),
          );
          const kept = await pages.read(id, 0);
          expect(kept?.at(-1)?.seq).toBe(Math.max(...ends));
        }),
        { numRuns: 50 },
      );
    });

    it('R17 a page with a hole is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1), message(3)])).toBe(false);
      expect(await pages.store(id, [])).toBe(false);
      expect(await pages.read(id, 0)).toBeNull();
    });

    it('R18 a page that lacks what an edit or deletion on it changed is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1), revision('edit', 2, 1)])).toBe(false);
      expect(await pages.store(id, [message(1), revision('delete', 2, 1)])).toBe(false);
      expect(await pages.store(id, [message(1, { editedAt: START + 2 }), revision('edit', 2, 1), revision('edit', 3, 1)])).toBe(
        false,
      );
      expect(await pages.store(id, [message(1, { editedAt: START + 2 }), revision('edit', 2, 1)])).toBe(true);
      const deleted = message(1, { content: '', editedAt: START + 2, deletedAt: START + 3 });
      expect(await pages.store(id, [deleted, revision('edit', 2, 1), revision('delete', 3, 1)])).toBe(true);
      expect(await pages.store(id, [message(5), revision('edit', 6, 1)])).toBe(true);
    });

    it('what is too large is not kept', async () => {
      const id = randomUUID();
      expect(await pages.store(id, [message(1, { content: 'x'.repeat(300_000) })])).toBe(false);
    });
  });
});
