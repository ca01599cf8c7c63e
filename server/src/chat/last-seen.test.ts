import { expect, test } from 'vitest';
import { LastSeen } from './last-seen.js';

type Seen = { userId: string; at: number };

/** A store that writes as slowly as told, and what it was given. */
function slowStore() {
  const writes: Seen[][] = [];
  let fault: Error | null = null;
  return {
    writes,
    fail: (error: Error | null) => (fault = error),
    setLastSeen: async (seen: Seen[]) => {
      writes.push(seen);
      await new Promise((resolve) => setImmediate(resolve));
      if (fault !== null) throw fault;
    },
  };
}

test('D9 a crowd that leaves at once is a few writes, each of them once, and each is told when theirs is stored', async () => {
  const store = slowStore();
  const seen = new LastSeen(store);
  const leaving = Array.from({ length: 1_000 }, async (_, n) => {
    // Each of them by a timer of its own.
    await new Promise((resolve) => setTimeout(resolve));
    seen.note(`user-${n}`, n);
    await seen.flush();
    expect(store.writes.some((write) => write.some(({ userId }) => userId === `user-${n}`))).toBe(true);
  });
  await Promise.all(leaving);
  expect(store.writes.flat()).toHaveLength(1_000);
  expect(store.writes.length).toBeLessThan(100);
});

test('what could not be stored is told to who waits, and stored with the next', async () => {
  const store = slowStore();
  const seen = new LastSeen(store);
  store.fail(new Error('no disk'));
  seen.note('ann', 1);
  await expect(seen.flush()).rejects.toThrow('no disk');
  expect(seen.of('ann')).toBe(1);
  store.fail(null);
  seen.note('ann', 2);
  await seen.flush();
  expect(store.writes.at(-1)).toEqual([{ userId: 'ann', at: 2 }]);
  expect(seen.of('ann')).toBeUndefined();
  await seen.flush();
  expect(store.writes).toHaveLength(2);
});
