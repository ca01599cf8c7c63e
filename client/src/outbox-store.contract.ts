import { beforeEach, describe, expect, test } from 'vitest';
import type { OutboxStore, StoredMessage } from './outbox-store.js';

/** A message as the outbox keeps it. */
export function message(order: number, content = `message ${order}`): StoredMessage {
  return { clientMessageId: `id-${order}`, target: { kind: 'chat', with: 'bob' }, content, queuedAt: order, order };
}

/**
 * What an outbox store promises. `fresh` makes an empty one; `again` opens the same one anew, as the next run of the
 * process does, and is left out for a store that does not outlive its process.
 */
export function outboxStoreContract(what: string, { fresh, again }: Stores): void {
  describe(`an outbox store ${what}`, () => {
    let store: OutboxStore;
    beforeEach(async () => {
      store = await fresh();
    });

    test('is empty at first', async () => {
      expect(await store.list()).toEqual([]);
    });

    test('lists what was put and not removed, by order', async () => {
      await Promise.all([message(3), message(1), message(20), message(2)].map((each) => store.put(each)));
      await store.remove('id-2');
      expect(await store.list()).toEqual([message(1), message(3), message(20)]);
    });

    test('keeps one message for an id, the last that was put', async () => {
      await store.put(message(1));
      await store.put({ ...message(1), refusal: { code: 'blocked', message: 'no' } });
      expect(await store.list()).toEqual([{ ...message(1), refusal: { code: 'blocked', message: 'no' } }]);
    });

    test('does not mind the removal of what is not there', async () => {
      await store.remove('id-9');
      expect(await store.list()).toEqual([]);
    });

    test('gives content and target back as they were', async () => {
      const group: StoredMessage = { ...message(2), target: { kind: 'group', groupId: 'g-1' } };
      const content = `Grüße 👋\n"quoted" \\ \u0000 \u2028 ${'x'.repeat(16_000)}`;
      await store.put(message(1, content));
      await store.put(group);
      expect(await store.list()).toEqual([message(1, content), group]);
    });

    test('takes many at once', async () => {
      const many = Array.from({ length: 500 }, (_, order) => message(order));
      await Promise.all(many.map((each) => store.put(each)));
      expect(await store.list()).toEqual(many);
      await Promise.all(many.map(({ clientMessageId }) => store.remove(clientMessageId)));
      expect(await store.list()).toEqual([]);
    });

    test('goes on after it was closed, when it is used again', async () => {
      await store.put(message(1));
      await store.close?.();
      expect(await store.list()).toEqual([message(1)]);
      await store.put(message(2));
      expect(await store.list()).toEqual([message(1), message(2)]);
    });

    if (again === undefined) return;
    test('has after the end of the process what it had before', async () => {
      await store.put(message(1));
      await store.put(message(2));
      await store.remove('id-1');
      expect(await (await again()).list()).toEqual([message(2)]);
    });
  });
}

interface Stores {
  fresh: () => OutboxStore | Promise<OutboxStore>;
  again?: () => OutboxStore | Promise<OutboxStore>;
}
