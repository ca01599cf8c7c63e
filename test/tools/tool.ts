import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@parley/server';
import { settings } from '../world/server.js';

const TOOLS = join(import.meta.dirname, '../../server/dist/tools');

type Tool = 'seed' | 'db' | 'move' | 'make-admin' | 'demo';

export interface Ran {
  code: number | null;
  /** What it printed. */
  out: string;
  /** What it complained of. */
  err: string;
}

/** Runs a tool on a data directory, as a process of its own, to its end. */
export function run(name: Tool, dataDir: string, args: string[], env: Environment = {}): Promise<Ran> {
  return ran(name, dataDir, args, env, () => false);
}

/** The same, but it is killed as soon as it has printed this. */
export function killed(name: Tool, dataDir: string, args: string[], env: Environment, printed: RegExp): Promise<Ran> {
  return ran(name, dataDir, args, env, (out) => printed.test(out));
}

async function ran(name: Tool, dataDir: string, args: string[], env: Environment, kills: (out: string) => boolean): Promise<Ran> {
  const child = spawn(process.execPath, [join(TOOLS, `${name}.js`), ...args], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'], ...settings(dataDir, env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const its: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => {
    its.out += data.toString();
    if (kills(its.out)) child.kill('SIGKILL');
  });
  child.stderr.on('data', (data: Buffer) => (its.err += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...its, code };
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

/** What an import reports at its end. */
export const reportOf = ({ out }: Pick<Ran, 'out'>): string =>
  /^Import of export [^]*conversations\.$/m.exec(out)?.[0] ?? `no report in ${out}`;
