import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, in whatever form the machine tells it. */
  began: string;
}

/** Null: there is no such process, or it has ended and only waits to be noticed. */
export function identityOf(pid: number): ProcessIdentity | null {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganElsewhere(pid);
  return began === null ? null : { pid, began };
}

export function isAlive({ pid, began }: ProcessIdentity): boolean {
  return identityOf(pid)?.began === began;
}

function beganOnLinux(pid: number): string | null {
  try {
    // The name of the program, in brackets, may hold spaces and brackets itself.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [state, ticks] = [fields[0], fields[19]];
    if (state === undefined || ticks === undefined || state === 'X') return null;
    // A first thread that has ended waits for the others, and those still hold the ports.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return null;
    // Ticks count from the start of the machine.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`;
  } catch {
    return null; // the process has gone, perhaps between the two reads
  }
}

function beganElsewhere(pid: number): string | null {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state = 'Z', began = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(stdout) ?? [];
  return status !== 0 || state.startsWith('Z') ? null : began;
}
