import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { processRuntime } from '../../host/runtime.js';
import type { OfflineQueue } from '../../ports/offline.js';
import type { Job } from '../../ports/profile.js';
import { jobPrefix } from './connection.js';
import { Inspection } from './inspection.js';
import { DEAD_KEPT, jobOptions } from './queue.js';
import { Figures, onEachRedis, onRedis, silent, until, type TestRedis } from './temporary.contract.js';

const CLI = join(import.meta.dirname, '../../../dist/tools/jobs.js');
const TRIES = { attempts: 1, firstRetryMs: 10 };
const SOON = { retries: { attempts: 3, firstRetryMs: 100 } };

class Failing implements OfflineQueue {
  readonly noted: string[] = [];
  isPoisoned = true;

  async note(conversationId: string): Promise<void> {
    if (this.isPoisoned) throw new Error('the table is \u001b[31mgone');
    this.noted.push(conversationId);
  }
  readonly pending = () => Promise.resolve([]);
  readonly size = () => Promise.resolve(0);
  readonly rebuild = () => Promise.resolve();
}

/** Notes that have one attempt left. */
async function tired(redis: TestRedis, inner: OfflineQueue, conversations: string[]): Promise<void> {
  const queue = new Queue('offline', { connection: redis.client, prefix: jobPrefix(redis.options) });
  const producer = await redis.node({ offline: inner, jobs: [], isWorker: false });
  for (const conversation of conversations) await producer.offline.note(conversation, [randomUUID()], 7, Date.now());
  // The jobs that were made are put aside for such as fail at once.
  await queue.drain();
  for (const conversationId of conversations) await queue.add('note', { conversationId }, jobOptions(TRIES));
  await queue.close();
}

onEachRedis('dead letters', (redis) => {
  const inspect = () => Inspection.open(redis.options, processRuntime, silent);

  it('are kept, shown, counted, replayed and dropped', async () => {
    const inner = new Failing();
    const [one, two] = [randomUUID(), randomUUID()];
    await tired(redis, inner, [one, two]);
    const figures = new Figures();
    await redis.node({ offline: inner, jobs: [], isWorker: true, meter: figures });
    const jobs = await inspect();
    await until(async () => (await jobs.dead()).length === 2, 'both are dead');
    await until(() => figures.values.get('jobs_dead') === 2, 'the figure');
    expect(figures.values.get('jobs_waiting')).toBe(0);

    const dead = (await jobs.dead('offline')).find(({ data }) => data.includes(one));
    const id = dead?.id ?? '';
    expect(dead).toMatchObject({ name: 'note', state: 'dead', attempts: 1, reason: 'the table is \u001b[31mgone' });
    expect(await jobs.show(id)).toEqual(dead);
    expect(await jobs.queues()).toContainEqual(expect.objectContaining({ queue: 'offline', dead: 2, waiting: 0 }));

    inner.isPoisoned = false;
    await jobs.replay(id);
    await until(() => inner.noted.includes(one), 'it is done');
    await until(async () => (await jobs.show(id).catch(() => null)) === null, 'it is gone');
    await expect(jobs.show(id)).rejects.toThrow('There is no job');
    const left = (await jobs.dead())[0]?.id ?? '';
    await jobs.drop(left);
    expect(await jobs.dead()).toEqual([]);
    expect(inner.noted).toEqual([one]);
    jobs.close();
  });

  it('are replayed all at once', async () => {
    const inner = new Failing();
    const many = Array.from({ length: 50 }, () => randomUUID());
    await tired(redis, inner, many);
    await redis.node({ offline: inner, jobs: [], isWorker: true });
    const jobs = await inspect();
    await until(async () => (await jobs.dead()).length === 50, 'all are dead');
    inner.isPoisoned = false;
    expect(await jobs.replayAll()).toBe(50);
    await until(() => inner.noted.length === 50, 'all are done');
    expect(await jobs.dropAll()).toBe(0);
    jobs.close();
  });

  it('of a repeatable job are those too; its turns go on', async () => {
    let isBad = true;
    let ran = 0;
    const job: Job = {
      name: 'sweep the yard',
      everyMs: 60_000,
      run: async () => {
        ran += 1;
        if (isBad) throw new Error('rain');
        return false;
      },
    };
    const lines: string[] = [];
    const say = (level: string) => (_: object, message: string) => void lines.push(`${level}: ${message}`);
    const logger = { ...silent, warn: say('warn'), error: say('error') };
    await redis.node({ offline: new Failing(), jobs: [job], isWorker: true, limits: SOON, logger });
    const jobs = await inspect();
    await until(async () => (await jobs.dead('sweep-the-yard')).length === 1, 'three attempts');
    expect(ran).toBe(3);
    // A busy machine may lose and find Redis meanwhile, and says so: that is another story.
    expect(lines.filter((line) => line.includes('a job failed'))).toEqual([
      'warn: a job failed and is tried again',
      'warn: a job failed and is tried again',
      'error: a job failed for good: npm run jobs -- list --dead',
    ]);
    const [dead] = await jobs.dead();
    expect(dead?.id).toMatch(/^sweep-the-yard\/\d+$/);
    expect((await jobs.queues()).find(({ queue }) => queue === 'sweep-the-yard')).toMatchObject({ dead: 1, delayed: 1 });
    isBad = false;
    await jobs.replay(dead?.id ?? '');
    await until(() => ran === 4, 'it is replayed');
    await until(async () => (await jobs.dead()).length === 0, 'it is no longer dead');
    expect(await jobs.jobs('sweep-the-yard')).toEqual([expect.objectContaining({ state: 'delayed' })]);
    jobs.close();
  });

  it('of a repeatable job are dropped', async () => {
    const job: Job = { name: 'always ill', everyMs: 60_000, run: () => Promise.reject(new Error('ill')) };
    await redis.node({ offline: new Failing(), jobs: [job], isWorker: true, limits: SOON });
    const jobs = await inspect();
    await until(async () => (await jobs.dead()).length === 1, 'it is dead');
    await jobs.drop((await jobs.dead())[0]?.id ?? '');
    expect(await jobs.dead()).toEqual([]);
    jobs.close();
  });

  it('D9 are no more than so many', async () => {
    const queue = new Queue('offline', { connection: redis.client, prefix: jobPrefix(redis.options) });
    const many = Array.from({ length: DEAD_KEPT + 100 }, () => ({ name: 'note', data: 'none', opts: jobOptions(TRIES) }));
    await queue.addBulk(many);
    await redis.node({ offline: new Failing(), jobs: [], isWorker: true });
    await until(async () => (await queue.getWaitingCount()) + (await queue.getActiveCount()) === 0, 'all are dead', 20_000);
    expect(await queue.getFailedCount()).toBe(DEAD_KEPT);
    await queue.close();
  }, 40_000);

  it('what is no dead letter is refused in words', async () => {
    const jobs = await inspect();
    await expect(jobs.show('17')).rejects.toThrow('expected queue/id');
    await expect(jobs.show('offline/17')).rejects.toThrow('There is no job offline/17');
    await expect(jobs.show('nonsense/17')).rejects.toThrow('There is no queue nonsense. There are: offline.');
    const queue = new Queue('offline', { connection: redis.client, prefix: jobPrefix(redis.options) });
    const { id } = await queue.add('note', {});
    await expect(jobs.replay(`offline/${id}`)).rejects.toThrow('is not dead but waiting');
    await queue.close();
    jobs.close();
  });
});

onRedis('npm run jobs', 'single', (redis) => {
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    expect(existsSync(CLI), 'built: npx tsc -b server').toBe(true);
    const { at, prefix } = redis.options;
    const env = {
      PATH: process.env['PATH'],
      PROFILE: 'cluster',
      POSTGRES_URL: 'postgres://localhost/none',
      CASSANDRA_CONTACT_POINTS: 'localhost',
      REDIS_URL: at.kind === 'single' ? at.url : '',
      REDIS_PREFIX: prefix,
    };
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLI, ...args], { env });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };

  it('shows the queues and what is dead, and takes it up', async () => {
    const inner = new Failing();
    const chat = randomUUID();
    await tired(redis, inner, [chat]);
    const job: Job = { name: 'count sheep', everyMs: 60_000, run: () => Promise.resolve(false) };
    await redis.node({ offline: inner, jobs: [job], isWorker: true });
    const jobs = await Inspection.open(redis.options, processRuntime, silent);
    await until(async () => (await jobs.dead()).length === 1, 'it is dead');
    const id = (await jobs.dead())[0]?.id ?? '';
    jobs.close();

    const [list, dead, one, none, shown] = await Promise.all([
      run('list'),
      run('list', '--dead'),
      run('list', '--queue', 'count-sheep'),
      run('list', '--dead', '--queue', 'count-sheep'),
      run('show', id),
    ]);
    expect(list.out).toMatch(/^queue +waiting +active +delayed +dead +next turn$/m);
    expect(list.out).toMatch(/^offline +0 +0 +0 +1 +–$/m);
    expect(list.out).toMatch(/^count-sheep +0 +0 +1 +0 +\d{4}-\d\d-\d\dT/m);
    expect(dead.out).toMatch(new RegExp(`^${id} +note +1 +\\S+ +the table is ·\\[31mgone$`, 'm'));
    expect(one.out).toContain('delayed');
    expect(none.out).toBe('There are no dead letters.\n');
    expect(shown.out).toContain(`data:     {"conversationId":"${chat}"}`);

    inner.isPoisoned = false;
    expect((await run('replay', id)).out).toBe(`Put ${id} into the queue again.\n`);
    await until(() => inner.noted.includes(chat), 'it is done');
  }, 90_000);

  it('says what is wrong in a line, and ends with 1', async () => {
    const [unknown, which, both, help] = await Promise.all([
      run('show', 'offline/17'),
      run('replay'),
      run('drop', 'offline/1', '--all'),
      run('--help'),
    ]);
    const words = 'There is no job offline/17: done, dropped, or lost with Redis.\n';
    expect(unknown).toEqual({ code: 1, out: '', err: words });
    expect(which).toEqual({ code: 1, out: '', err: 'Say which: an id, or --all.\n' });
    expect(both.err).toBe('Say either an id or --all.\n');
    for (const command of ['list', 'show', 'replay', 'drop']) expect(help.out).toContain(command);
  }, 90_000);
});
