import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Meter } from '../ports/meter.js';
import { range, refusal } from '../ports/stage.contract.js';
import type { EmbeddedOptions, EmbeddedStores } from './open.js';
import { openSqlite } from './sqlite.js';
import { StoreThread } from './store-thread.js';
import { openIn, temporaryDir } from './temporary.contract.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryDir();
});
afterEach(() => rm(dataDir, { recursive: true }));

async function openChat(
  more: Partial<EmbeddedOptions> = {},
): Promise<{ stores: EmbeddedStores; send: (content?: string) => Promise<unknown> }> {
  const stores = await openIn(dataDir, more);
  const chat = (await stores.conversations.openDirect('a', 'b', randomUUID(), 1))?.id as string;
  const send = (content = 'x') =>
    stores.log.append({
      kind: 'send',
      conversationId: chat,
      senderId: 'a',
      messageId: randomUUID(),
      content,
      clientId: null,
      at: 1,
    });
  return { stores, send };
}

it('R7 above its bounds the queue refuses before it accepts', async () => {
  const { stores, send } = await openChat({ limits: { pendingMaxCommands: 10, pendingMaxChars: 1_000 } });
  const many = await Promise.all(range(1, 30).map(() => refusal(send())));
  expect(many).toEqual([...range(1, 10).map(() => 'accepted'), ...range(1, 20).map(() => 'overloaded')]);
  const large = await Promise.all(range(1, 4).map(() => refusal(send('x'.repeat(400)))));
  expect(large).toEqual(['accepted', 'accepted', 'overloaded', 'overloaded']);
  await stores.close();
});

it('D9 a batch is bounded, and what comes in one tick shares commits', async () => {
  const count = vi.fn<Meter['count']>();
  const { stores, send } = await openChat({ limits: { batchMaxCommands: 50 }, meter: { count, time: () => {}, set: () => {} } });
  count.mockClear();
  await Promise.all(range(1, 200).map(() => send()));
  const batches = count.mock.calls.filter(([name]) => name === 'commands_committed').map(([, by]) => by as number);
  expect(batches).toEqual([50, 50, 50, 50]);
  await stores.close();
});

it('R20 cursor moves of one member in one batch are one command', async () => {
  const count = vi.fn<Meter['count']>();
  const { stores, send } = await openChat({ meter: { count, time: () => {}, set: () => {} } });
  await Promise.all(range(1, 5).map(() => send()));
  const [chat] = (await stores.inbox.inbox({ userId: 'b', limit: 1 })).items;
  count.mockClear();
  const moves = await Promise.all(
    range(1, 5).map((n) => stores.log.moveCursor({ conversationId: chat?.conversation.id as string, userId: 'b', delivered: n })),
  );
  expect(moves.map((moved) => [moved?.delivered, moved?.moved])).toEqual([[5, true], ...range(1, 4).map(() => [5, false])]);
  expect(count.mock.calls).toContainEqual(['commands_committed', 1]);
  await stores.close();
});

it('D10 closing commits what is in line, and refuses what comes after', async () => {
  const { stores, send } = await openChat();
  const inLine = range(1, 100).map(() => refusal(send()));
  const closing = stores.close();
  const late = refusal(send());
  expect(new Set(await Promise.all(inLine))).toEqual(new Set(['accepted']));
  expect(await late).toBe('overloaded');
  await closing;
});

it('D1 text that the store could not keep as it is, is refused whole', async () => {
  const { stores, send } = await openChat();
  await expect(send('cut\0here')).rejects.toThrow(TypeError);
  await stores.close();
});

it('a check of an idle store leaves nothing behind', async () => {
  const { stores } = await openChat();
  for (let n = 0; n < 20; n++) await stores.maintenance.check();
  await stores.close();
  const db = await openSqlite(join(dataDir, 'parley.db'), []);
  expect(db.prepare('SELECT count(*) AS n FROM store_checks').get()).toMatchObject({ n: 1 });
  db.close();
});

it('R25 a thread that dies is told of once, and takes nothing more', async () => {
  const { stores } = await openChat();
  await stores.close();
  const onFatal = vi.fn<(error: Error) => void>();
  const thread = await StoreThread.start('writer-thread', { path: join(dataDir, 'parley.db') }, onFatal);
  thread.post(42 as never);
  await thread.exited;
  expect(onFatal).toHaveBeenCalledOnce();
  expect(thread.failed).toBeInstanceOf(Error);
  await thread.close();
});
