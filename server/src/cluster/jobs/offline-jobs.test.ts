import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { openForContract } from '../../embedded/temporary.contract.js';
import type { OfflineQueue } from '../../ports/offline.js';
import { processRuntime } from '../../host/runtime.js';
import { offlineContract } from '../../ports/offline.contract.js';
import { range, Stage, type OpenStores, type Stores } from '../../ports/stage.contract.js';
import { jobPrefix } from './connection.js';
import { openJobs } from './open.js';
import { Bridge, Figures, onEachRedis, onRedis, silent, until, type TestRedis } from './temporary.contract.js';

/** Counts what reaches the store, and fails on demand. */
class Watched implements OfflineQueue {
  readonly calls: { conversationId: string; userIds: string[]; seq: number }[] = [];
  readonly poison = new Set<string>();
  delay: Promise<void> = Promise.resolve();
  readonly #inner: () => OfflineQueue;

  constructor(inner: () => OfflineQueue) {
    this.#inner = inner;
  }

  async note(conversationId: string, userIds: string[], seq: number, at: number): Promise<void> {
    this.calls.push({ conversationId, userIds, seq });
    await this.delay;
    if (this.poison.has(conversationId)) throw new Error('poisoned');
    await this.#inner().note(conversationId, userIds, seq, at);
  }

  readonly pending: OfflineQueue['pending'] = (userId, limit) => this.#inner().pending(userId, limit);
  readonly size: OfflineQueue['size'] = () => this.#inner().size();
  readonly rebuild: OfflineQueue['rebuild'] = (userId, at) => this.#inner().rebuild(userId, at);
}

async function onQueue<T>(redis: TestRedis, use: (queue: Queue) => Promise<T>): Promise<T> {
  const queue = new Queue('offline', { connection: redis.client, prefix: jobPrefix(redis.options) });
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

const waiting = (redis: TestRedis) => onQueue(redis, (queue) => queue.getWaitingCount());

onEachRedis('offline notes', (redis) => {
  const stage = new Stage(openForContract);
  const store = () => new Watched(() => stage.node().offline);

  async function missed(count: number): Promise<{ chat: string; b: string; a: string }> {
    const [a, b] = (await stage.people(2)) as [string, string];
    const chat = await stage.direct(a, b);
    for (const n of range(1, count)) await stage.send(chat, a, {}, n);
    return { chat, a, b };
  }

  it('R22 a thousand notes to the same absent user are few jobs and one row', async () => {
    const { chat, b } = await missed(20);
    const inner = store();
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: false });
    await Promise.all(range(1, 500).map((n) => offline.note(chat, [b], (n % 20) + 1, Date.now())));
    for (const n of range(1, 500)) await offline.note(chat, [b], (n % 20) + 1, Date.now());
    expect(inner.calls).toEqual([]);
    expect(await waiting(redis)).toBe(1);

    await redis.node({ offline: inner, jobs: [], isWorker: true });
    await until(async () => (await offline.pending(b, 10)).length > 0, 'the row');
    expect(await offline.pending(b, 10)).toEqual([{ userId: b, conversationId: chat, firstSeq: 1 }]);
    expect(inner.calls).toEqual([{ conversationId: chat, userIds: [b], seq: 20 }]);
  });

  it('R22 a user who waits already and has received that meanwhile is noted for what came since', async () => {
    const { chat, b } = await missed(2);
    const inner = store();
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: false });
    await offline.note(chat, [b], 1, Date.now());
    await stage.node().log.moveCursor({ conversationId: chat, userId: b, delivered: 1 });
    await offline.note(chat, [b], 2, Date.now());
    expect(await waiting(redis)).toBe(1);
    await redis.node({ offline: inner, jobs: [], isWorker: true });
    await until(async () => (await offline.pending(b, 10)).length > 0, 'the row');
    expect(await offline.pending(b, 10)).toEqual([{ userId: b, conversationId: chat, firstSeq: 2 }]);
  });

  it('R22 what comes while its job runs is done after it', async () => {
    const { chat, b } = await missed(2);
    const inner = store();
    let go = () => {};
    inner.delay = new Promise((resolve) => (go = resolve));
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: true });
    await offline.note(chat, [b], 1, Date.now());
    await until(() => inner.calls.length === 1, 'the job runs');
    await stage.node().log.moveCursor({ conversationId: chat, userId: b, delivered: 1 });
    for (const _ of range(1, 5)) await offline.note(chat, [b], 2, Date.now());
    go();
    await until(async () => (await offline.pending(b, 10)).length > 0, 'the row');
    expect(await offline.pending(b, 10)).toEqual([{ userId: b, conversationId: chat, firstSeq: 2 }]);
    await until(async () => (await redis.keys()).every((key) => !key.includes(':notes:')), 'no notes are left');
    expect(inner.calls.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('R12 many users of one message are one job', async () => {
    const [a, ...others] = (await stage.people(200)) as [string, ...string[]];
    const group = await stage.group(a, others);
    const inner = store();
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: false });
    await offline.note(group, others, 200, Date.now());
    expect(await waiting(redis)).toBe(1);
    await redis.node({ offline: inner, jobs: [], isWorker: true });
    await until(async () => (await offline.pending(others.at(-1) ?? '', 1)).length === 1, 'the last row');
    for (const other of others) expect(await offline.pending(other, 10)).toHaveLength(1);
    expect(inner.calls).toHaveLength(1);
  });

  it('a poisoned conversation is tried again and blocks nobody', async () => {
    const bad = await missed(1);
    const good = await Promise.all(range(1, 20).map(() => missed(1)));
    const inner = store();
    inner.poison.add(bad.chat);
    const figures = new Figures();
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: true, meter: figures });
    await offline.note(bad.chat, [bad.b], 1, Date.now());
    await Promise.all(good.map(({ chat, b }) => offline.note(chat, [b], 1, Date.now())));
    for (const { b } of good) await until(async () => (await offline.pending(b, 1)).length === 1, 'a good row', 3_000);
    const tries = () => inner.calls.filter(({ conversationId }) => conversationId === bad.chat).length;
    await until(() => tries() >= 2, 'a retry');
    await until(() => figures.values.get('jobs_waiting') === 1, 'the figure of what waits for its retry');

    inner.poison.clear();
    await until(async () => (await offline.pending(bad.b, 1)).length === 1, 'the row, once it is cured');
  });

  it('FLUSHALL loses no more than what waited, and notes after it work', async () => {
    const { chat, b } = await missed(1);
    const other = await missed(1);
    const inner = store();
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: false });
    await offline.note(chat, [b], 1, Date.now());
    await redis.flush();
    const worker = await redis.node({ offline: inner, jobs: [], isWorker: true });
    await offline.note(other.chat, [other.b], 1, Date.now());
    await until(async () => (await offline.pending(other.b, 1)).length === 1, 'the row of the later note');
    await redis.flush();
    await worker.offline.rebuild(b, Date.now());
    expect(await offline.pending(b, 1)).toHaveLength(1);
    const third = await missed(1);
    await offline.note(third.chat, [third.b], 1, Date.now());
    await until(async () => (await offline.pending(third.b, 1)).length === 1, 'a row after the second time');
  });

  it('two workers share the notes', async () => {
    const chats = await Promise.all(range(1, 60).map(() => missed(1)));
    const [one, two] = [store(), store()];
    const { offline } = await redis.node({ offline: one, jobs: [], isWorker: false });
    await Promise.all(chats.map(({ chat, b }) => offline.note(chat, [b], 1, Date.now())));
    await Promise.all([one, two].map((inner) => redis.node({ offline: inner, jobs: [], isWorker: true })));
    for (const { b } of chats) await until(async () => (await offline.pending(b, 1)).length === 1, 'a row');
    expect(one.calls.length + two.calls.length).toBe(60);
  });

  it('leaves nothing behind in Redis', async () => {
    const { chat, b } = await missed(1);
    const { offline } = await redis.node({ offline: store(), jobs: [], isWorker: true });
    await offline.note(chat, [b], 1, Date.now());
    await until(async () => (await offline.pending(b, 1)).length === 1, 'the row');
    await until(async () => (await redis.keys()).every((key) => !key.includes(chat)), 'its keys are gone');
  });
});

/** The store with the queue before it; who notes waits until a worker has done it. */
function behindQueue(redis: TestRedis): OpenStores {
  return async () => {
    const under = await openForContract();
    const parts = { redis: redis.options, jobs: [], runtime: processRuntime, meter: new Figures(), logger: silent };
    const opened = await Promise.all(
      under.nodes.map(async (stores) => ({
        stores,
        jobs: await openJobs({ ...parts, offline: stores.offline, isWorker: true }),
      })),
    );
    const queue = new Queue('offline', { connection: redis.client, prefix: jobPrefix(redis.options) });
    const settled = ({ stores, jobs }: (typeof opened)[number]): Stores => ({
      ...stores,
      offline: {
        note: async (...missed) => {
          await jobs.offline.note(...missed);
          await until(async () => (await queue.getJobCountByTypes('wait', 'active', 'delayed')) === 0, 'the notes are done');
        },
        pending: (userId, limit) => jobs.offline.pending(userId, limit),
        size: () => jobs.offline.size(),
        rebuild: (userId, at) => jobs.offline.rebuild(userId, at),
      },
    });
    const [one, two] = opened.map(settled) as [Stores, Stores];
    return {
      nodes: [one, two],
      close: async () => {
        await Promise.all(opened.map(({ jobs }) => jobs.close()));
        await queue.close();
        await under.close();
      },
    };
  };
}

onRedis('the contract', 'single', (redis) => offlineContract('a queue before the embedded store', behindQueue(redis)));

onRedis('offline notes without Redis', 'single', (redis) => {
  const [chat, user] = [randomUUID(), randomUUID()];
  const nowhere: OfflineQueue = {
    note: () => Promise.resolve(),
    pending: () => Promise.resolve([]),
    size: () => Promise.resolve(0),
    rebuild: () => Promise.resolve(),
  };
  const bridgeTo = () => Bridge.to(redis.options.at.kind === 'single' ? redis.options.at.url : '');

  it('D11 a note goes to the store at once, and through the queue again when Redis is back', async () => {
    const bridge = await bridgeTo();
    const inner = new Watched(() => nowhere);
    const options = { ...redis.options, at: { kind: 'single', url: bridge.url } as const };
    const { offline } = await redis.node({ redis: options, offline: inner, jobs: [], isWorker: false });
    await offline.note(chat, [user], 1, Date.now());
    expect(inner.calls).toHaveLength(0);

    bridge.cut();
    const began = performance.now();
    await Promise.all(range(2, 50).map((seq) => offline.note(chat, [user], seq, Date.now())));
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(inner.calls).toEqual([{ conversationId: chat, userIds: [user], seq: 50 }]);

    bridge.mend();
    await until(async () => {
      const before = inner.calls.length;
      await offline.note(chat, [user], 51, Date.now());
      return inner.calls.length === before;
    }, 'notes are jobs again');
  });

  it('D11 a Redis that does not answer costs a note one second', async () => {
    const bridge = await bridgeTo();
    const inner = new Watched(() => nowhere);
    const options = { ...redis.options, at: { kind: 'single', url: bridge.url } as const };
    const { offline } = await redis.node({ redis: options, offline: inner, jobs: [], isWorker: false });
    bridge.silence();
    const began = performance.now();
    await offline.note(chat, [user], 1, Date.now());
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(inner.calls).toHaveLength(1);
  });

  it('D11 a process starts and ends without Redis, also as a worker', async () => {
    const bridge = await bridgeTo();
    bridge.cut();
    const inner = new Watched(() => nowhere);
    const options = { ...redis.options, at: { kind: 'single', url: bridge.url } as const };
    const job = { name: 'idle', everyMs: 1_000, run: () => Promise.resolve(false) };
    const began = performance.now();
    const worker = await redis.node({ redis: options, offline: inner, jobs: [job], isWorker: true });
    await worker.offline.note(chat, [user], 1, Date.now());
    expect(inner.calls).toHaveLength(1);
    await worker.close();
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('D11 an error of the store comes back to who notes directly, for that conversation alone', async () => {
    const bridge = await bridgeTo();
    bridge.cut();
    const inner = new Watched(() => nowhere);
    inner.poison.add(chat);
    const options = { ...redis.options, at: { kind: 'single', url: bridge.url } as const };
    const { offline } = await redis.node({ redis: options, offline: inner, jobs: [], isWorker: false });
    const [bad, good] = await Promise.allSettled([
      offline.note(chat, [user], 1, Date.now()),
      offline.note(randomUUID(), [user], 1, Date.now()),
    ]);
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('D9 more than a batch holds, and more than workers keep up with, goes to the store', async () => {
    const inner = new Watched(() => nowhere);
    const { offline } = await redis.node({ offline: inner, jobs: [], isWorker: false });
    const crowd = range(1, 20_001).map(String);
    await offline.note(chat, crowd, 1, Date.now());
    expect(inner.calls).toEqual([{ conversationId: chat, userIds: crowd, seq: 1 }]);

    const list = await onQueue(redis, async (queue) => queue.toKey('wait'));
    for (const part of range(0, 10)) await redis.client.rpush(list, ...range(1, 10_000).map((n) => `${part}-${n}`));
    await offline.note(chat, [user], 2, Date.now());
    expect(inner.calls.at(-1)).toEqual({ conversationId: chat, userIds: [user], seq: 2 });
  });

  it('D10 closing hands over what was noted last', async () => {
    const inner = new Watched(() => nowhere);
    const node = await redis.node({ offline: inner, jobs: [], isWorker: false });
    const noted = node.offline.note(chat, [user], 1, Date.now());
    await node.close();
    await noted;
    expect(await waiting(redis)).toBe(1);
    await node.offline.note(chat, [user], 2, Date.now());
    expect(inner.calls).toHaveLength(1);
  });
});
