import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import { pause, until } from './until.js';

/** How long a process may live: as long as the one that started it, or until it is told to stop. */
export type Lifetime = 'owner' | 'independent';

export interface Launch {
  /** What it is called in messages. */
  name: string;
  /** Has its log and its record; exists already. */
  folder: string;
  program: string;
  args: readonly string[];
  lifetime: Lifetime;
  /** Asks it to end in order. */
  stopSignal: NodeJS.Signals;
  /** Ends it at once, together with what it started itself. */
  endSignal: NodeJS.Signals;
  user?: { uid: number; gid: number } | undefined;
  env?: Readonly<Record<string, string>>;
}

interface Recorded extends ProcessIdentity {
  name: string;
  stopSignal: NodeJS.Signals;
  endSignal: NodeJS.Signals;
}

const RECORD = 'process.json';
const LOG = 'log';
const STOP_MAX_MS = 20_000;
const KILL_MAX_MS = 10_000;
const TAIL_LINES = 25;
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT']);
const DEATH_SIGNAL_TOOL = '/usr/bin/setpriv';

/** A process of a service, with a log and a record by which a later run finds it. */
export class Daemon {
  readonly #recorded: Recorded;
  readonly #folder: string;

  private constructor(folder: string, recorded: Recorded) {
    this.#folder = folder;
    this.#recorded = recorded;
  }

  static async launch(launch: Launch): Promise<Daemon> {
    const log = openLog(launch.folder);
    const { program, args } = boundToOwner(launch);
    const child = spawn(program, args, {
      cwd: launch.folder,
      // A group of its own: Ctrl+C in the terminal reaches the owner, and the owner stops the services in order.
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', ...launch.env },
      ...launch.user,
    });
    closeSync(log);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`${launch.name} could not be started: ${error.message}`)));
    });
    child.unref();
    const pid = child.pid ?? 0;
    // One that has ended already leaves a record that fits nothing.
    const { name, stopSignal, endSignal } = launch;
    const daemon = new Daemon(launch.folder, { name, stopSignal, endSignal, ...(identityOf(pid) ?? { pid, began: '' }) });
    daemon.#keep();
    if (launch.lifetime === 'owner') endWithOwner(daemon);
    return daemon;
  }

  /** The one that an earlier run started in this folder and that still runs. */
  static running(folder: string): Daemon | null {
    try {
      const daemon = new Daemon(folder, JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as Recorded);
      return daemon.alive ? daemon : null;
    } catch {
      return null; // no record, or half of one: there was a crash before it was complete
    }
  }

  get name(): string {
    return this.#recorded.name;
  }

  get pid(): number {
    return this.#recorded.pid;
  }

  get alive(): boolean {
    return isAlive(this.#recorded);
  }

  /** Sends the signal; if it is one that ends processes, resolves when the process has ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.signal(signal);
    if (ENDING.has(signal)) await this.#ended(KILL_MAX_MS);
  }

  /** Asks it to end, and waits; ends it hard if it does not. */
  async stop(): Promise<void> {
    this.signal(this.#recorded.stopSignal);
    this.signal('SIGCONT'); // one that was halted hears nothing else
    const deadline = performance.now() + STOP_MAX_MS;
    while (this.alive && performance.now() < deadline) await pause(20);
    if (this.alive) await this.end();
  }

  /** Ends it without asking. */
  async end(): Promise<void> {
    this.endNow();
    await this.#ended(KILL_MAX_MS).catch(() => this.kill('SIGKILL'));
  }

  endNow(): void {
    this.signal(this.#recorded.endSignal);
    this.signal('SIGCONT');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.alive) return;
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended in between
    }
  }

  async #ended(withinMs: number): Promise<void> {
    await until({ what: `${this.name} (process ${this.pid}) ended`, withinMs }, () => {
      if (this.alive) throw new Error('it still runs');
    });
  }

  #keep(): void {
    const path = join(this.#folder, RECORD);
    writeFileSync(`${path}.new`, JSON.stringify(this.#recorded));
    renameSync(`${path}.new`, path);
  }
}

export const logOf = (folder: string): string => join(folder, LOG);

/** The end of the log, as it is put under an error. */
export function logTail(folder: string, lines = TAIL_LINES): string {
  if (!existsSync(logOf(folder))) return '';
  const text = readFileSync(logOf(folder), 'utf8').trimEnd().split('\n').slice(-lines).join('\n  ');
  return text === '' ? '\n(its log is empty)' : `\nthe end of ${logOf(folder)}:\n  ${text}`;
}

/** A new log for each run; that of the run before is kept beside it. */
function openLog(folder: string): number {
  const path = logOf(folder);
  if (existsSync(path)) renameSync(path, `${path}.before`);
  return openSync(path, 'a');
}

/** Where Linux can do so, a process ends with the thread that started it, even if that is killed. */
function boundToOwner({ lifetime, program, args, endSignal }: Launch): { program: string; args: readonly string[] } {
  if (lifetime !== 'owner' || process.platform !== 'linux' || !existsSync(DEATH_SIGNAL_TOOL)) return { program, args };
  return { program: DEATH_SIGNAL_TOOL, args: ['--pdeathsig', endSignal, '--', program, ...args] };
}

const owned = new Set<Daemon>();

function endWithOwner(daemon: Daemon): void {
  if (owned.size === 0) watchOwnEnd();
  for (const other of owned) if (!other.alive) owned.delete(other);
  owned.add(daemon);
}

let watched = false;

function watchOwnEnd(): void {
  if (watched) return;
  watched = true;
  const endAll = () => owned.forEach((daemon) => daemon.endNow());
  process.on('exit', endAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, function ended() {
      // Somebody else decides what the signal means; if nobody does, it means what it always means.
      if (process.listenerCount(signal) > 1) return;
      endAll();
      process.off(signal, ended);
      process.kill(process.pid, signal);
    });
}
