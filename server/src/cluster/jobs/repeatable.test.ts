import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { AppendRefused } from '../../ports/log.js';
import type { OfflineQueue } from '../../ports/offline.js';
import type { Job } from '../../ports/profile.js';
import { jobPrefix } from './connection.js';
import { checkNames } from './repeatable.js';
import { Bridge, Figures, onEachRedis, onRedis, until, type TestRedis } from './temporary.contract.js';

const offline: OfflineQueue = {
  note: () => Promise.resolve(),
  pending: () => Promise.resolve([]),
  size: () => Promise.resolve(0),
  rebuild: () => Promise.resolve(),
};
const DIST = join(import.meta.dirname, '../../../dist/cluster/jobs');
const SOON = { lockMs: 1_000, runLimitMs: 500, closeMs: 2_000 };

/** A job that says when its runs begin and end. */
class Recorded implements Job {
  readonly name: string;
  readonly everyMs: number;
  readonly ran: number[] = [];
  now = 0;
  most = 0;
  readonly #run: (n: number) => Promise<boolean>;

  constructor(name: string, everyMs: number, run: (n: number) => Promise<boolean> = () => Promise.resolve(false)) {
    this.name = name;
    this.everyMs = everyMs;
    this.#run = run;
  }

  async run(): Promise<boolean> {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    this.ran.push(performance.now());
    try {
      return await this.#run(this.ran.length);
    } finally {
      this.now -= 1;
    }
  }
}

const openOf = (redis: TestRedis, name: string) =>
  new Queue(name, { connection: redis.client, prefix: jobPrefix(redis.options) });

onEachRedis('repeatable jobs', (redis) => {
  const worker = (jobs: Job[], more: Partial<Parameters<TestRedis['node']>[0]> = {}) =>
    redis.node({ offline, jobs, isWorker: true, limits: SOON, ...more });

  it('comes again and again, and at once while there is more', async () => {
    const job = new Recorded('count things', 1_000, (n) => Promise.resolve(n <= 5));
    await worker([job]);
    await until(() => job.ran.length >= 6, 'the first turn', 3_000);
    expect((job.ran[5] ?? 0) - (job.ran[0] ?? 0)).toBeLessThan(500);
    await until(() => job.ran.length >= 8, 'two more turns', 5_000);
    expect((job.ran[7] ?? 0) - (job.ran[6] ?? 0)).toBeGreaterThan(800);
  });

  it('never runs on two workers at once, also when a run is longer than its pace', async () => {
    const job = new Recorded('slow', 100, () => sleep(250, false));
    const other = new Recorded('quick', 100);
    await Promise.all([worker([job, other]), worker([job, other]), worker([job, other])]);
    await until(() => job.ran.length >= 15, 'fifteen runs', 15_000);
    expect(job.most).toBe(1);
    expect(other.ran.length).toBeGreaterThan(job.ran.length);
  });

  it('a process without the role takes no turn', async () => {
    const job = new Recorded('work', 100);
    await redis.node({ offline, jobs: [job], isWorker: false });
    await sleep(500);
    expect(job.ran).toEqual([]);
  });

  it('D11 one that the store refuses for now waits for its next turn, and is no dead letter however long that goes on', async () => {
    const job = new Recorded('write', 200, () => Promise.reject(new AppendRefused('overloaded')));
    await worker([job], { limits: { ...SOON, retries: { attempts: 2, firstRetryMs: 100 } } });
    await until(() => job.ran.length >= 6, 'six turns', 5_000);
    expect(await openOf(redis, 'write').getFailedCount()).toBe(0);
  });

  it('one that throws is tried again with backoff, and others do not wait for it', async () => {
    const bad = new Recorded('bad', 200, () => Promise.reject(new Error('no')));
    const good = new Recorded('good', 200);
    await worker([bad, good]);
    await until(() => bad.ran.length === 3, 'two retries', 8_000);
    expect((bad.ran[1] ?? 0) - (bad.ran[0] ?? 0)).toBeGreaterThan(450);
    expect((bad.ran[2] ?? 0) - (bad.ran[1] ?? 0)).toBeGreaterThan(950);
    expect(good.ran.length).toBeGreaterThan(5);
  });

  it('one that hangs is given up, and others do not wait for it', async () => {
    let free = () => {};
    const hung = new Promise<boolean>((resolve) => (free = () => resolve(false)));
    const bad = new Recorded('hangs', 200, () => hung);
    const good = new Recorded('fine', 200);
    await worker([bad, good]);
    await until(() => bad.ran.length === 2, 'it is tried again');
    await sleep(3_000);
    expect(bad.ran).toHaveLength(2);
    expect(good.ran.length).toBeGreaterThan(10);
    free();
    await until(() => bad.ran.length > 2, 'it runs again when it no longer hangs', 20_000);
  });

  it('FLUSHALL: it is back within 10 s', async () => {
    const job = new Recorded('steady', 500);
    const figures = new Figures();
    await worker([job], { meter: figures });
    await worker([job]);
    await until(() => job.ran.length >= 2, 'it runs');
    await redis.flush();
    const before = job.ran.length;
    await until(() => job.ran.length >= before + 3, 'it runs again', 10_000);
    const queue = openOf(redis, 'steady');
    expect((await queue.getJobScheduler('steady'))?.every).toBe(500);
    expect(await queue.getGlobalConcurrency()).toBe(1);
    await queue.close();
    expect(job.most).toBe(1);
  });

  it('a chain that broke begins anew', async () => {
    const job = new Recorded('chained', 60_000);
    await worker([job]);
    await until(() => job.ran.length === 1, 'the first turn');
    const queue = openOf(redis, 'chained');
    await until(async () => (await queue.getDelayedCount()) === 1, 'the next turn waits');
    const id = (await queue.getDelayed())[0]?.id ?? '';
    await redis.client.multi().zrem(queue.toKey('delayed'), id).del(queue.toKey(id)).exec();
    await until(async () => (await queue.getDelayedCount()) === 1, 'another waits', 8_000);
    await queue.close();
  });

  it('another pace is taken over', async () => {
    const slow = await worker([new Recorded('paced', 60_000)]);
    await slow.close();
    const job = new Recorded('paced', 200);
    await worker([job]);
    await until(() => job.ran.length >= 3, 'three turns', 3_000);
  });

  it('goes when nobody knows it any more, and leaves nothing', async () => {
    const old = new Recorded('old job', 200);
    const first = await worker([old]);
    await until(() => old.ran.length >= 1, 'it runs');
    await first.close();
    await worker([new Recorded('new job', 200)], { limits: { ...SOON, forgottenMs: 100 } });
    await until(async () => (await redis.keys()).every((key) => !key.includes('old-job')), 'its keys are gone');
    const ran = old.ran.length;
    await sleep(500);
    expect(old.ran).toHaveLength(ran);
  });

  it('stays while another version knows it', async () => {
    const job = new Recorded('known', 60_000);
    await worker([job]);
    await worker([], { limits: { ...SOON, forgottenMs: 5_000 } });
    await sleep(4_000);
    expect((await redis.keys()).some((key) => key.includes('known'))).toBe(true);
    expect(job.ran).toHaveLength(1);
  });

  it('D10 closing waits for the run under way, begins no further one, and is bounded', async () => {
    let ended = false;
    const job = new Recorded('long', 60_000, async () => {
      await sleep(400);
      ended = true;
      return true;
    });
    const node = await worker([job]);
    await until(() => job.now === 1, 'it runs');
    await node.close();
    expect(ended).toBe(true);
    expect(job.ran).toHaveLength(1);

    const hung = new Recorded('hung', 60_000, () => new Promise(() => undefined));
    const other = await worker([hung], { limits: { ...SOON, runLimitMs: 60_000, closeMs: 500 } });
    await until(() => hung.now === 1, 'it hangs');
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it('the turn of a worker that was killed is taken by another', async () => {
    expect(existsSync(join(DIST, 'open.js')), 'built: npx tsc -b server').toBe(true);
    const script = `
      import { openJobs } from ${JSON.stringify(join(DIST, 'open.js'))};
      import { processRuntime } from ${JSON.stringify(join(DIST, '../../host/runtime.js'))};
      const quiet = () => undefined;
      const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
      const run = () => { process.stdout.write('runs'); return new Promise(() => undefined); };
      await openJobs({ redis: ${JSON.stringify(redis.options)}, offline: {}, jobs: [{ name: 'orphan', everyMs: 60_000, run }],
        isWorker: true, runtime: processRuntime, meter: { set: quiet }, logger, limits: { lockMs: 1_000 } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const job = new Recorded('orphan', 60_000);
    await worker([job]);
    await sleep(2_500);
    expect(job.ran).toEqual([]);
    child.kill('SIGKILL');
    await until(() => job.ran.length === 1, 'the other takes it', 10_000);
  });
});

onRedis('repeatable jobs without Redis', 'single', (redis) => {
  it('D11 they go on when it is back, and do not begin a run whose lock may be lost', async () => {
    const bridge = await Bridge.to(redis.options.at.kind === 'single' ? redis.options.at.url : '');
    const options = { ...redis.options, at: { kind: 'single', url: bridge.url } as const };
    const job = new Recorded('patient', 300, () => sleep(50, true));
    await redis.node({ redis: options, offline, jobs: [job], isWorker: true, limits: SOON });
    await until(() => job.ran.length > 3, 'it runs');
    bridge.cut();
    await sleep(1_500);
    const stoppedAt = job.ran.length;
    await sleep(1_000);
    expect(job.ran).toHaveLength(stoppedAt);
    bridge.mend();
    await until(() => job.ran.length > stoppedAt, 'it runs again', 15_000);
  });
});

it('two jobs cannot have the same queue', () => {
  const job = (name: string): Job => ({ name, everyMs: 1, run: () => Promise.resolve(false) });
  expect(() => checkNames([job('purge sessions'), job('Purge: sessions')])).toThrow('purge-sessions');
  expect(() => checkNames([job('offline')])).toThrow('offline');
  expect(() => checkNames([job('a'), job('b')])).not.toThrow();
});
