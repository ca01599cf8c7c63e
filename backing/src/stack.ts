import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Daemon, logTail, type Lifetime } from './daemon.js';
import { ComposeProject, hasDocker } from './docker.js';
import { givenIn, KINDS, type Env, type Kind, type Ports } from './kinds.js';
import { freePort, freePortLike, isFree } from './port.js';
import { removePostgres } from './postgres.js';
import { readRecord, writeRecord, type Record, type Source } from './record.js';
import { patiently, say } from './say.js';
import { until } from './until.js';

export interface StackOptions {
  folder: string;
  lifetime: Lifetime;
  environment: NodeJS.ProcessEnv;
  /** Whether to like the usual ports. */
  usualPorts: boolean;
  /** Where services are to come from; by default from Docker if there is an engine. */
  source?: Source | undefined;
}

export type State = 'given' | 'up' | 'down' | 'silent';

export interface Status {
  kind: Kind;
  state: State;
  source: Source | 'environment' | null;
  /** Null if it was never started. */
  env: Env | null;
  pids: readonly number[];
}

const ANSWER_MAX_MS = 10_000;
const CONTAINER_MAX_MS = 180_000;

/** The services of one state folder. What is started in one process can be looked after in another. */
export class Stack {
  readonly folder: string;
  readonly #options: StackOptions;
  readonly #compose: ComposeProject;

  constructor(options: StackOptions) {
    this.folder = resolve(options.folder);
    this.#options = options;
    this.#compose = new ComposeProject(this.folder);
  }

  /** Brings one up, unless it is, and resolves with its settings when it answers. `port`: must be this one. */
  async up(kind: Kind, port?: number): Promise<Env> {
    const status = await this.status(kind);
    if (status.state === 'given') return this.#given(kind, status.env ?? {});
    const ports = readRecord(this.#folderOf(kind))?.ports;
    if (status.state === 'up' && status.env !== null && (port === undefined || port === ports?.[0])) {
      say(`${kind.title} is already up: ${addressIn(status.env)}`);
      return status.env;
    }
    await this.down(kind); // what an earlier run left half done
    return this.#start(kind, port);
  }

  /** Stops one, if it runs; resolves with whether it did. `hard`: without asking, for what is thrown away. */
  async down(kind: Kind, { hard = false } = {}): Promise<boolean> {
    const folder = this.#folderOf(kind);
    const record = readRecord(folder);
    const daemons = this.#daemons(kind);
    if (record?.source === 'docker' && record.up) await this.#compose.stop(kind);
    await Promise.all(daemons.map((daemon) => (hard ? daemon.end() : daemon.stop())));
    if (record?.up === true) writeRecord(folder, { ...record, up: false });
    return daemons.length > 0 || (record?.source === 'docker' && record.up);
  }

  /** Deletes all that was stored. Everything must be down. */
  async remove(kinds: readonly Kind[]): Promise<void> {
    if (kinds.some((kind) => readRecord(this.#folderOf(kind))?.source === 'docker')) await this.#compose.remove();
    removePostgres(this.#folderOf(KINDS.postgres));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async status(kind: Kind): Promise<Status> {
    const given = givenIn(this.#options.environment, kind);
    if (given !== null) return { kind, state: 'given', source: 'environment', env: given, pids: [] };
    const record = readRecord(this.#folderOf(kind));
    const pids = this.#daemons(kind).map((daemon) => daemon.pid);
    const source = record?.source ?? null;
    const env = record === null ? null : kind.envOf(record.ports);
    const runs = pids.length > 0 || (record?.source === 'docker' && record.up);
    if (!runs || env === null) return { kind, state: runs ? 'silent' : 'down', source, env, pids };
    const state = await kind.answers(env).then(
      () => 'up' as const,
      () => 'silent' as const,
    );
    return { kind, state, source, env, pids };
  }

  /** The last lines that it wrote. */
  async logs(kind: Kind, lines: number): Promise<string> {
    const folder = this.#folderOf(kind);
    if (readRecord(folder)?.source === 'docker') return this.#compose.logs(kind, lines);
    return processFolders(folder)
      .map((each) => logTail(each, lines))
      .join('\n')
      .trim();
  }

  async #given(kind: Kind, env: Env): Promise<Env> {
    const what = `the ${kind.title} of ${kind.givenBy} answers`;
    await patiently(
      what,
      until({ what, withinMs: ANSWER_MAX_MS }, () => kind.answers(env)),
    );
    say(`${kind.title} is given by ${kind.givenBy}: ${addressIn(env)}`);
    return env;
  }

  async #start(kind: Kind, port: number | undefined, wanted = this.#options.source): Promise<Env> {
    const folder = this.#folderOf(kind);
    const known = readRecord(folder);
    const chosen = known?.source ?? wanted;
    const source = chosen ?? ((await hasDocker()) ? 'docker' : 'local');
    const ports = await this.#ports(kind, known, port);
    const startedAt = performance.now();
    writeRecord(folder, { source, ports, up: true });
    try {
      const starting = source === 'docker' ? this.#startContainer(kind, ports) : this.#startHere(kind, ports);
      await patiently(`starting ${kind.title} (${source})`, starting);
    } catch (error) {
      // What never worked binds nobody: the next try may come from elsewhere and take other ports.
      if (known === null) rmSync(join(folder, 'service.json'), { force: true });
      else writeRecord(folder, { ...known, up: false });
      if (chosen !== undefined || source === 'local') throw error;
      say(`${kind.title} does not come from Docker, so it is tried without: ${(error as Error).message}`);
      return this.#start(kind, port, 'local');
    }
    const env = kind.envOf(ports);
    say(`${kind.title} is up after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s (${source}): ${addressIn(env)}`);
    return env;
  }

  async #startHere(kind: Kind, ports: Ports): Promise<void> {
    await kind.start({ folder: this.#folderOf(kind), lifetime: this.#options.lifetime }, ports);
  }

  async #startContainer(kind: Kind, ports: Ports): Promise<void> {
    try {
      await this.#compose.up(kind, ports);
      await until({ what: `${kind.title} answers`, withinMs: CONTAINER_MAX_MS }, () => kind.answers(kind.envOf(ports)));
    } catch (error) {
      const log = await this.#compose.logs(kind, 25).catch(() => '');
      await this.#compose.stop(kind).catch(() => {});
      throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
    }
  }

  /** Those it had, if they are free; else others, which is told by the address. The wanted one must be free. */
  async #ports(kind: Kind, known: Record | null, wanted: number | undefined): Promise<Ports> {
    const ports: number[] = [];
    for (const [index, usual] of kind.ports.entries()) {
      const had = known?.ports[index];
      if (index === 0 && wanted !== undefined) ports.push(await this.#wantedPort(kind, wanted));
      else if (had !== undefined) ports.push(await this.#hadPort(kind, had));
      else ports.push(await (this.#options.usualPorts ? freePortLike(usual) : freePort()));
    }
    return ports;
  }

  async #wantedPort(kind: Kind, port: number): Promise<number> {
    if (await isFree(port)) return port;
    throw new Error(`${kind.title} cannot have port ${port}: it is in use by another program`);
  }

  async #hadPort(kind: Kind, port: number): Promise<number> {
    if (await isFree(port)) return port;
    // Its nodes know each other by their ports.
    if (kind.name === 'redis-cluster')
      throw new Error(
        `${kind.title} had port ${port} before, and now it is in use by another program: free it, or down --delete`,
      );
    say(`${kind.title} had port ${port} before, and now it is in use by another program: it gets another one`);
    return freePort();
  }

  #folderOf(kind: Kind): string {
    return join(this.folder, kind.name);
  }

  #daemons(kind: Kind): Daemon[] {
    return processFolders(this.#folderOf(kind)).flatMap((folder) => Daemon.running(folder) ?? []);
  }
}

/** For people: without the password. */
export function addressIn(env: Env): string {
  return (Object.values(env)[0] ?? '').replace(/:[^:@/]+@/, '@');
}

/** The folder of a service with one process, or those of its nodes. */
function processFolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const nodes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('node-'))
    .map((entry) => join(folder, entry.name));
  return nodes.length > 0 ? nodes : [folder];
}
