import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@parley/server';
import { settings } from '../world/server.js';

const TOOLS = join(import.meta.dirname, '../../server/dist/tools');

export interface Ran {
  code: number | null;
  /** What it printed. */
  out: string;
  /** What it complained of. */
  err: string;
}

/** Runs a tool on a data directory, as a process of its own, to its end. */
export async function run(name: 'seed' | 'db', dataDir: string, args: string[], env: Environment = {}): Promise<Ran> {
  const child = spawn(process.execPath, [join(TOOLS, `${name}.js`), ...args], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'], ...settings(dataDir, env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (ran.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (ran.err += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...ran, code };
}

/** Does something with a folder that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rows of each table, as the studio shows them. */
export async function rowCounts(dataDir: string): Promise<Record<string, number>> {
  const { out } = await run('db', dataDir, ['studio']);
  const lines = out.trim().split('\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => line.split(/\s+/) as [string, string]).map(([table, rows]) => [table, Number(rows)]),
  );
}
