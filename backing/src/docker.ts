import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Kind, Ports } from './kinds.js';
import { mustRun, run } from './run.js';

const COMPOSE_FILE = join(import.meta.dirname, '../../deploy/compose.services.yml');
const ASK_MAX_MS = 10_000;
/** Images may have to be fetched. */
const UP_MAX_MS = 900_000;
const DOWN_MAX_MS = 60_000;

let available: Promise<boolean> | null = null;

/** Whether there is an engine, and the compose plugin. Asked once. */
export function hasDocker(): Promise<boolean> {
  available ??= (async () => {
    for (const args of [
      ['info', '--format', '{{.ServerVersion}}'],
      ['compose', 'version'],
    ])
      if ((await run('docker', args, { withinMs: ASK_MAX_MS })).code !== 0) return false;
    return true;
  })();
  return available;
}

/** The services of one state folder as a compose project of its own. */
export class ComposeProject {
  readonly #name: string;
  /** One command at a time: two would both make the network. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(stateFolder: string) {
    this.#name = `parley-${createHash('sha256').update(stateFolder).digest('hex').slice(0, 12)}`;
  }

  /** Resolves when the container runs, which is before it answers. */
  up({ compose }: Kind, ports: Ports): Promise<void> {
    const env = Object.fromEntries(compose.ports.map((variable, index) => [variable, String(ports[index])]));
    return this.#command(['up', '--detach', compose.service], UP_MAX_MS, env).then(() => {});
  }

  stop({ compose }: Kind): Promise<void> {
    return this.#command(['rm', '--stop', '--force', compose.service], DOWN_MAX_MS).then(() => {});
  }

  /** Everything, with the data. */
  remove(): Promise<void> {
    return this.#command(['down', '--volumes', '--remove-orphans'], DOWN_MAX_MS).then(() => {});
  }

  logs({ compose }: Kind, lines: number): Promise<string> {
    return this.#command(['logs', '--no-color', '--tail', String(lines), compose.service], ASK_MAX_MS);
  }

  #command(args: readonly string[], withinMs: number, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const all = ['compose', '--project-name', this.#name, '--file', COMPOSE_FILE, '--profile', 'redis-cluster', ...args];
    const done = this.#queue.then(() => mustRun(`docker compose ${args[0]}`, 'docker', all, { withinMs, env }));
    this.#queue = done.catch(() => {});
    return done;
  }
}
