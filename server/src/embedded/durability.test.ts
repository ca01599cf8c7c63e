import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Entry } from '../ports/log.js';
import { range } from '../ports/stage.contract.js';
import type { EmbeddedStores } from './open.js';
import { openIn, temporaryDir } from './temporary.contract.js';

const ROUNDS = 8;
const KILL_AFTER_MAX_MS = 150;

/** Sends without end, 40 at a time, and says which are acknowledged: seq, message id and client id. */
const APPENDER = `
  import { openEmbedded } from ${JSON.stringify(new URL('../../dist/embedded/open.js', import.meta.url).href)};
  import { processRuntime as runtime } from ${JSON.stringify(new URL('../../dist/host/runtime.js', import.meta.url).href)};
  const [dataDir, a, b] = process.argv.slice(1);
  const meter = { count() {}, time() {}, set() {} };
  const stores = await openEmbedded({ dataDir, runtime, meter, onFatal: (error) => { throw error; } });
  const { id: conversationId } = await stores.conversations.openDirect(a, b, runtime.id(), runtime.now());
  const send = async () => {
    for (;;) {
      const messageId = runtime.id();
      const content = 'x'.repeat(Math.floor(runtime.random() * 2_000));
      const { entries } = await stores.log.append({
        kind: 'send', conversationId, senderId: a, messageId, content, clientId: messageId, at: runtime.now(),
      });
      process.stdout.write(entries[0].seq + ' ' + messageId + '\\n');
    }
  };
  for (let n = 0; n < 40; n++) void send();
`;

interface Acknowledged {
  seq: number;
  messageId: string;
}

/** One life of the appender, ended by SIGKILL at a random moment after its first acknowledged send. */
async function killedRound(dataDir: string, a: string, b: string): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', APPENDER, dataDir, a, b], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: Acknowledged[] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    const [seq, messageId] = line.split(' ');
    // The kill may cut the last line.
    if (messageId?.length === 36) acknowledged.push({ seq: Number(seq), messageId });
  });
  const closed = once(lines, 'close');
  await once(lines, 'line');
  await sleep(Math.random() * KILL_AFTER_MAX_MS);
  child.kill('SIGKILL');
  await closed;
  return acknowledged;
}

async function wholeLog(stores: EmbeddedStores, conversationId: string): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const page = await stores.log.page({ conversationId, from: 1, to: 1e9, after: all.length, limit: 1_000, maxBytes: 1e9 });
    all.push(...page.entries);
    if (!page.hasMore) return all;
  }
}

it('D1 SIGKILL loses nothing that was acknowledged, and leaves no hole', { timeout: 60_000 }, async () => {
  const dataDir = await temporaryDir();
  const [a, b] = [randomUUID(), randomUUID()];
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < ROUNDS; round++) acknowledged.push(...(await killedRound(dataDir, a, b)));

  const stores = await openIn(dataDir);
  const chat = (await stores.conversations.direct(a, b)) as string;
  const log = await wholeLog(stores, chat);
  expect(log.map((entry) => entry.seq)).toEqual(range(1, log.length));
  expect(log.map((entry) => entry.ordinal)).toEqual(range(1, log.length));
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  const lost = acknowledged.filter(({ seq, messageId }) => log[seq - 1]?.messageId !== messageId);
  expect(lost).toEqual([]);
  expect((await stores.conversations.open(b, chat))?.membership.unread).toBe(log.length);
  await stores.close();
  await rm(dataDir, { recursive: true });
});

it('D3 a client id is known after a restart', async () => {
  const dataDir = await temporaryDir();
  const first = await openIn(dataDir);
  const chat = (await first.conversations.openDirect('a', 'b', randomUUID(), 1))?.id as string;
  const send = { kind: 'send' as const, conversationId: chat, senderId: 'a', content: 'once', clientId: 'c', at: 1 };
  const sent = await first.log.append({ ...send, messageId: randomUUID() });
  await first.close();

  const second = await openIn(dataDir);
  const repeated = await second.log.append({ ...send, messageId: randomUUID() });
  expect(repeated).toEqual({ ...sent, repeated: true });
  await second.close();
  await rm(dataDir, { recursive: true });
});

it('D3 client ids are kept as long as promised, then purged a bounded number at a time', async () => {
  const dataDir = await temporaryDir();
  const stores = await openIn(dataDir);
  const chat = (await stores.conversations.openDirect('a', 'b', randomUUID(), 1))?.id as string;
  const send = (n: number) =>
    stores.log.append({
      kind: 'send',
      conversationId: chat,
      senderId: 'a',
      messageId: randomUUID(),
      content: 'x',
      clientId: `${n}`,
      at: n,
    });
  for (const n of range(1, 5)) await send(n);
  expect(await stores.maintenance.purgeSends(4, 2)).toBe(2);
  expect(await stores.maintenance.purgeSends(4, 100)).toBe(1);
  expect(await stores.maintenance.purgeSends(4, 100)).toBe(0);
  expect([(await send(3)).repeated, (await send(4)).repeated]).toEqual([false, true]);
  await stores.close();
  await rm(dataDir, { recursive: true });
});
