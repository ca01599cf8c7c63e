import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { Entry, LogStore } from '../ports/log.js';
import { CachedLog } from './cached-log.js';
import { onRedis } from './redis/temporary.contract.js';

const LAST_SEQ = 9;

function entryAt(conversationId: string, seq: number): Entry {
  const rest = { kind: 'message', senderId: 'ann', content: `m${seq}`, detail: null, clientId: null } as const;
  return { conversationId, seq, ordinal: seq, messageId: `id-${seq}`, createdAt: seq, editedAt: null, deletedAt: null, ...rest };
}

onRedis('single', (name, place) => {
  it(`R17 only a page of which it is known that it ends with the newest entry is kept, and taken: ${name}`, async () => {
    const conversationId = randomUUID();
    const page = vi.fn<LogStore['page']>(async ({ from, to }) => {
      const entries = Array.from({ length: to - from + 1 }, (_, n) => entryAt(conversationId, from + n));
      return { entries, coversFrom: from, coversTo: to, hasMore: false };
    });
    const node = place.node();
    await node.start();
    const log = new CachedLog({
      log: { page } as unknown as LogStore,
      pages: () => node.pages,
      meter: { count: () => {}, time: () => {}, set: () => {} },
      onError: (error) => expect.unreachable(String(error)),
    });
    const query = { conversationId, from: 1, limit: 50, maxBytes: 1e6 };

    // Who wrote up to the fifth, asked while there are nine.
    for (const times of [1, 2]) {
      expect((await log.page({ ...query, to: 5 })).coversTo).toBe(5);
      expect(page).toHaveBeenCalledTimes(times);
    }
    expect(await place.keysIn().then((keys) => keys.filter((key) => key.includes('page:')))).toEqual([]);

    const newest = { ...query, to: LAST_SEQ, lastAt: LAST_SEQ };
    await log.page(newest);
    await vi.waitFor(async () => expect((await place.keysIn()).some((key) => key.includes('page:'))).toBe(true));
    expect((await log.page(newest)).coversTo).toBe(LAST_SEQ);
    expect(page).toHaveBeenCalledTimes(3);
    await place.close();
  });
});
