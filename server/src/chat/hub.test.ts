import { expect, test } from 'vitest';
import { Hub, type Recipient } from './hub.js';

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

function hubWith(userIds: string[]): Hub {
  const hub = new Hub();
  const recipient = (userId: string): Recipient => ({ userId, send: () => undefined, sendEphemeral: () => undefined });
  for (const userId of userIds) hub.add(recipient(userId));
  return hub;
}

/** Counts what is read of it. */
class CountingMap<K, V> extends Map<K, V> {
  looked = 0;

  override get(key: K): V | undefined {
    this.looked++;
    return super.get(key);
  }

  override *[Symbol.iterator](): MapIterator<[K, V]> {
    for (const each of super.entries()) {
      this.looked++;
      yield each;
    }
  }
}

test.each([
  ['a few of a large group', 3, 100],
  ['a crowd, of a small group', 100, 3],
])('R12 who of a group is here is told, whichever are more: %s', (_, strangers, absent) => {
  const both = names(5, 'both');
  const hub = hubWith([...names(strangers, 'stranger'), ...both]);
  const group = new Map([...names(absent, 'absent'), ...both].map((userId) => [userId, userId.length]));
  expect(hub.here(group).sort()).toEqual(both.map((userId) => [userId, userId.length]));
});

test('R12 what a large group costs a server is by who is here, not by who is in it', () => {
  const members = names(100_000, 'member');
  const hub = hubWith(members.slice(0, 10));
  const group = new CountingMap(members.map((userId) => [userId, true]));
  expect(hub.here(group)).toHaveLength(10);
  expect(group.looked).toBeLessThan(20);
});
