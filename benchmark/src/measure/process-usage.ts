import { readdir, readFile } from 'node:fs/promises';

/** USER_HZ, the unit of /proc/<pid>/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** CPU that a process has used, all its threads together, in seconds. */
export interface Cpu {
  user: number;
  system: number;
  /** The main thread's share of both: that of the event loop. */
  mainThread: number;
}

/** Memory of a process now, in KiB. */
export interface Memory {
  rss: number;
  pss: number;
  anonymous: number;
}

export async function cpuOf(pid: number): Promise<Cpu> {
  const [whole, main] = await Promise.all([ticks(`/proc/${pid}/stat`), ticks(`/proc/${pid}/task/${pid}/stat`)]);
  return {
    user: whole.user / TICKS_PER_S,
    system: whole.system / TICKS_PER_S,
    mainThread: (main.user + main.system) / TICKS_PER_S,
  };
}

export function cpuBetween(from: Cpu, to: Cpu): Cpu & { total: number } {
  const user = to.user - from.user;
  const system = to.system - from.system;
  return { user, system, mainThread: to.mainThread - from.mainThread, total: user + system };
}

export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { rss: kib('Rss'), pss: kib('Pss'), anonymous: kib('Anonymous') };
}

/** CPU in seconds of processes and all that they started, those that have ended included. */
export async function cpuOfTrees(pids: readonly number[]): Promise<number> {
  const all = await processes();
  const mine = new Set(pids);
  // A child has a parent that was found before it, or is found in a later round.
  for (let before = -1; before !== mine.size;) {
    before = mine.size;
    for (const [pid, { parent }] of all) if (mine.has(parent)) mine.add(pid);
  }
  let ticks = 0;
  for (const pid of mine) ticks += all.get(pid)?.ticks ?? 0;
  return ticks / TICKS_PER_S;
}

/** All processes: the parent, and the CPU of it and of those of its children that it has seen end. */
async function processes(): Promise<Map<number, { parent: number; ticks: number }>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      const fields = await fieldsOf(`/proc/${pid}/stat`).catch(() => null);
      if (fields === null) return [];
      const [, parent, , , , , , , , , , user, system, ofEnded, systemOfEnded] = fields.map(Number);
      return [[Number(pid), { parent: parent ?? 0, ticks: sum(user, system, ofEnded, systemOfEnded) }] as const];
    }),
  );
  return new Map(all.flat());
}

const sum = (...values: (number | undefined)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

async function ticks(path: string): Promise<{ user: number; system: number }> {
  const fields = await fieldsOf(path);
  return { user: Number(fields[11]), system: Number(fields[12]) };
}

/** From the state on. The name before it may hold anything, also brackets. */
async function fieldsOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
