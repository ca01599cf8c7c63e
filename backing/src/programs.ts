import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mustRun, run } from './run.js';
import { patiently, say } from './say.js';
import { pause } from './until.js';

/** A program that a service needs. */
export interface Program {
  name: string;
  /** Debian's package that has it. */
  package: string;
  /** Folders beside PATH; `*` stands for one folder's name, the highest number is preferred. */
  folders?: readonly string[];
}

const INSTALL_MAX_MS = 600_000;
const LOCK_MAX_MS = 120_000;
const LOOK_AGAIN_MS = 1_000;

/** Null: not on this machine. */
export function findProgram({ name, folders = [] }: Program): string | null {
  const places = [...folders.flatMap(expand), ...(process.env['PATH'] ?? '').split(delimiter)];
  return places.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** Finds the program, or installs what has it. */
export async function needProgram(program: Program): Promise<string> {
  const found = findProgram(program);
  if (found !== null) return found;
  await install(program);
  const installed = findProgram(program);
  if (installed === null) throw new Error(`${program.package} is installed, but there is no ${program.name} in it`);
  return installed;
}

function expand(pattern: string): string[] {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return [pattern];
  if (!existsSync(before)) return [];
  const names = readdirSync(before).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return names.map((name) => join(before, name, after));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

let lists: Promise<void> | null = null;
let queue: Promise<void> = Promise.resolve();

/** One after another: the package system serves one at a time. */
function install(program: Program): Promise<void> {
  const installed = queue.then(async () => {
    if (findProgram(program) !== null) return;
    const asRoot = await rootPrefix(program);
    say(`installing ${program.package}, which has ${program.name}`);
    lists ??= apt(asRoot, ['update', '-q']);
    await lists;
    await apt(asRoot, ['install', '-q', '-y', '--no-install-recommends', program.package]);
  });
  queue = installed.catch(() => {});
  return installed;
}

async function apt(asRoot: readonly string[], args: readonly string[]): Promise<void> {
  // RUNLEVEL=1 keeps packages from starting a server of their own beside ours.
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args];
  const what = `apt-get ${args[0]}`;
  const attempt = () => mustRun(what, asRoot[0] ?? 'env', [...asRoot, ...command].slice(1), { withinMs: INSTALL_MAX_MS });
  await patiently(what, unlessLocked(attempt));
}

/** apt-get waits for the lock of packages, but not for the one of lists, which another process may have just now. */
async function unlessLocked(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + LOCK_MAX_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!/Could not get lock/.test(String(error)) || performance.now() > deadline) throw error;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

/** What has to stand before a command that installs; fails with what to do by hand. */
async function rootPrefix(program: Program): Promise<string[]> {
  const missing = `${program.name} is not installed: install the package that has it (${program.package} on Debian and Ubuntu)`;
  if (!isExecutable('/usr/bin/apt-get')) throw new Error(missing);
  if (process.getuid?.() === 0) return [];
  if ((await run('sudo', ['-n', 'true'], { withinMs: 5_000 })).code === 0) return ['sudo', '-n'];
  throw new Error(`${missing}, or run this as root`);
}
