import type { FromSeed, Order, Seeded } from './order.js';
import { SeededStore } from './store.js';

// Fills a store in a process of its own, which is gone before the server opens it.
process.once('message', (order: Order) => {
  fill(order)
    .then(
      (seeded) => tell({ type: 'seeded', seeded }),
      (error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.disconnect());
});

async function fill(order: Order): Promise<Seeded> {
  const store = await SeededStore.open(order);
  const say = (what: string) => void tell({ type: 'progress', what });
  const people = await store.addPeople(order.people, say);
  const chats = [];
  const more = order.ofOneReader === true ? { reader: await store.addReader() } : {};
  for (const messages of order.chatsOfMessages) chats.push(await store.addChat(messages, order.contentBytes, say, more));
  await store.close();
  return { people, chats };
}

/** Resolves once it is on its way: what disconnects before that takes it along. */
function tell(message: FromSeed): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
