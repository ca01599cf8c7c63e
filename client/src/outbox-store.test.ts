import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ParleyError } from './errors.js';
import { FileOutbox } from './outbox-file.js';
import { message, outboxStoreContract } from './outbox-store.contract.js';
import { MemoryOutbox } from './outbox-store.js';

let directory = '';
let path = '';
const opened: FileOutbox[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-outbox-'));
  path = join(directory, 'ann.jsonl');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await rm(directory, { recursive: true });
});

function fileOutbox(): FileOutbox {
  const store = new FileOutbox(path);
  opened.push(store);
  return store;
}

outboxStoreContract('in memory', { fresh: () => new MemoryOutbox() });
outboxStoreContract('in a file', {
  fresh: fileOutbox,
  again: async () => {
    await opened.at(-1)?.close();
    return fileOutbox();
  },
});

describe('an outbox file', () => {
  test('cut off by a crash at any byte holds every message whose put had resolved before', async () => {
    const first = fileOutbox();
    const sizes: number[] = [];
    for (const order of [1, 2, 3]) {
      await first.put(message(order, 'Grüße 👋'));
      sizes.push((await readFile(path)).length);
    }
    await first.close();
    const whole = await readFile(path);
    for (let size = 0; size <= whole.length; size++) {
      await writeFile(path, whole);
      await truncate(path, size);
      const store = new FileOutbox(path);
      const kept = await store.list();
      await store.close();
      const promised = sizes.filter((promisedSize) => promisedSize <= size).length;
      expect(kept.length).toBeGreaterThanOrEqual(promised);
      expect(kept).toEqual([1, 2, 3].slice(0, kept.length).map((order) => message(order, 'Grüße 👋')));
    }
  });

  test('with a torn line in it takes new messages after it', async () => {
    await writeFile(path, `${JSON.stringify({ put: message(1) })}\n{"put":{"clientMess`);
    const store = fileOutbox();
    await store.put(message(2));
    await store.close();
    expect(await fileOutbox().list()).toEqual([message(1), message(2)]);
  });

  test('ignores lines that are not its own', async () => {
    await writeFile(path, `\0\0\0\n[]\nnull\n{"put":{}}\n42\n${JSON.stringify({ put: message(1) })}\n`);
    expect(await fileOutbox().list()).toEqual([message(1)]);
  });

  test('left half rewritten by a crash is the old one', async () => {
    const first = fileOutbox();
    await first.put(message(1));
    await first.close();
    await writeFile(`${path}.next`, '{"put":');
    expect(await fileOutbox().list()).toEqual([message(1)]);
  });

  test('does not grow with what is gone', async () => {
    const store = fileOutbox();
    await store.put(message(0));
    for (let round = 0; round < 10; round++) {
      const orders = Array.from({ length: 200 }, (_, index) => 1 + round * 200 + index);
      await Promise.all(orders.map((order) => store.put(message(order))));
      await Promise.all(orders.map((order) => store.remove(`id-${order}`)));
    }
    expect((await readFile(path)).length).toBeLessThan(100_000);
    await store.put(message(9_999));
    await store.close();
    expect(await fileOutbox().list()).toEqual([message(0), message(9_999)]);
  });

  test('has one owner at a time: who comes second is refused as outbox_failed, and told who has it', async () => {
    await fileOutbox().put(message(1));
    const refusal: unknown = await new FileOutbox(path).list().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ParleyError);
    expect(refusal).toMatchObject({
      code: 'outbox_failed',
      retryable: false,
      message: `the outbox is in use by process ${process.pid} (${path}.lock)`,
    });
  });

  test('whose owner crashed is free, also if this process happens to have its id', async () => {
    for (const owner of ['', String(process.pid), '2147483646']) {
      await writeFile(`${path}.lock`, owner);
      const store = new FileOutbox(path);
      await store.put(message(1));
      await store.close();
    }
    expect(await fileOutbox().list()).toEqual([message(1)]);
  });
});
