import { readFile } from 'node:fs/promises';

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

/** The name in brackets may hold anything, so fields are counted from its end. */
async function ticks(path: string): Promise<{ user: number; system: number }> {
  const text = await readFile(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]), system: Number(fields[12]) };
}
