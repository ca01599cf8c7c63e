import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maySkip, servicesMode } from '../world/wanted.js';
import type { Ran } from './tool.js';

const MAIN = join(import.meta.dirname, '../../backing/dist/main.js');
const ONLY = ['--only', 'postgres,redis'];
/** With a new cluster of PostgreSQL, on a machine that is busy with other tests; installing may come before. */
const PATIENCE_MS = 300_000;

let folder: string;
let ports: { postgres: number; redis: number };
let first: Ran;

describe.skipIf(servicesMode() === 'off')('services', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-services-test-'));
    await chmod(folder, 0o755); // PostgreSQL runs as another user, and has to come by
    ports = { postgres: await freePort(), redis: await freePort() };
    first = await services('up', ...ONLY, '--port', `postgres=${ports.postgres}`, '--port', `redis=${ports.redis}`);
  }, PATIENCE_MS);

  afterAll(async () => {
    await services('down');
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE_MS);

  test('up brings them up and prints where; again, it says that they are', { timeout: PATIENCE_MS }, async (context) => {
    skipIfThereAreNone(context);
    expect(first).toMatchObject({ code: 0, out: exports() });
    const before = await processes();
    expect(before).toHaveLength(2);

    const again = await services('up', ...ONLY);
    expect(again).toMatchObject({ code: 0, out: exports() });
    expect(again.err).toContain('PostgreSQL is already up');
    expect(again.err).toContain('Redis is already up');
    expect(await processes()).toEqual(before);
    expect(await services('env')).toMatchObject({ code: 0, out: exports() });
  });

  test(
    'after a crash the records are stale, and up brings them up where they were',
    { timeout: PATIENCE_MS },
    async (context) => {
      skipIfThereAreNone(context);
      const crashed = await processes();
      for (const pid of crashed) process.kill(pid, 'SIGKILL');
      expect(await services('up', ...ONLY)).toMatchObject({ code: 0, out: exports() });
      expect(await processes()).toHaveLength(2);
      expect((await processes()).filter((pid) => crashed.includes(pid))).toEqual([]);
    },
  );

  test('a port in use is told, and what is up stays', { timeout: PATIENCE_MS }, async (context) => {
    skipIfThereAreNone(context);
    const before = await processes();
    const { server, port } = await listen();
    try {
      const other = ['--dir', join(folder, 'other')];
      const refused = await services('up', '--only', 'redis', '--port', `redis=${port}`, ...other);
      expect(refused).toMatchObject({ code: 1, out: '' });
      expect(refused.err).toContain(`Redis cannot have port ${port}: it is in use by another program`);
    } finally {
      server.close();
    }
    expect(await processes()).toEqual(before);
  });

  test('down leaves no process', { timeout: PATIENCE_MS }, async (context) => {
    skipIfThereAreNone(context);
    const before = await processes();
    expect(before).toHaveLength(2);
    expect(await services('down')).toMatchObject({ code: 0 });
    expect(before.filter(isAlive)).toEqual([]);
    expect(await processes()).toEqual([]);
    expect((await services('down')).err).toContain('Nothing was up.');
  });
});

function skipIfThereAreNone(context: { skip: (note: string) => void }): void {
  const missing = /^.*is not installed.*$/m.exec(first.err)?.[0];
  if (missing === undefined || !maySkip()) return;
  process.stdout.write(`Not tested: ${missing}\n`);
  context.skip(missing);
}

function exports(): string {
  return [
    `export POSTGRES_URL='postgres://parley:parley@127.0.0.1:${ports.postgres}/parley'\n`,
    `export REDIS_URL='redis://127.0.0.1:${ports.redis}'\n`,
  ].join('');
}

/** The numbers of the processes that `status` shows. */
async function processes(): Promise<number[]> {
  const { out } = await services('status', ...ONLY);
  return [...out.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
}

/** Whether it runs; one that has ended, and whose end nobody has taken notice of, does not. */
function isAlive(pid: number): boolean {
  return (
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .stdout.trim()
      .replace(/^Z.*/, '') !== ''
  );
}

/** `npm run services --` with these words, from programs of this machine, whatever the environment gives. */
async function services(command: string, ...args: string[]): Promise<Ran> {
  const dir = args.includes('--dir') ? [] : ['--dir', folder];
  const from = command === 'up' ? ['--from', 'local'] : [];
  const child = spawn(process.execPath, [MAIN, command, ...args, ...dir, ...from], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (ran.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (ran.err += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...ran, code };
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listen();
  server.close();
  await once(server, 'close');
  return port;
}
