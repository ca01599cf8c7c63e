import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { postgresAnswers, withPostgres } from './answers.js';
import { Node } from './node.js';
import { freePort } from './port.js';
import { needProgram, type Program } from './programs.js';
import { mustRun } from './run.js';
import { serviceOf, type Place, type Service } from './service.js';
import { folderFor, standInFor, unprivilegedUser, type User } from './unprivileged.js';
import { until } from './until.js';

export interface PostgresOptions extends Place {
  /** By default one that is free. */
  port?: number;
  user?: string;
  password?: string;
  /** Made if there is none. */
  database?: string;
  /** More settings of the server, over ours. */
  settings?: Readonly<Record<string, string>>;
}

export interface Postgres extends Service {
  /** `postgres://user:password@host:port/database`; the user may create databases. */
  readonly url: string;
  readonly port: number;
}

export const POSTGRES: Program = {
  name: 'postgres',
  package: 'postgresql',
  folders: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'],
};

const HOST = '127.0.0.1';
const START_MAX_MS = 60_000;
const INITDB_MAX_MS = 120_000;
const ORPHANS_MAX_MS = 15_000;
/** What the path of a Unix socket may have, less the name that PostgreSQL gives to it. */
const SOCKET_FOLDER_MAX_CHARS = 85;

/** A commit is on the disk when it is answered: Parley's promise rests on it, so no test runs without. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: HOST,
  // Many test files, each with pools of several servers.
  max_connections: '300',
  password_encryption: 'scram-sha-256',
  // A standby can follow.
  wal_level: 'replica',
};

/** Starts PostgreSQL on a cluster of its own. Resolves when it answers a query in the database. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { folder, lifetime = 'owner', user = 'parley', password = 'parley', database = 'parley' } = options;
  const program = await needProgram(POSTGRES);
  const port = options.port ?? (await freePort());
  const runsAs = unprivilegedUser();
  mkdirSync(folder, { recursive: true });
  const home = folderFor(runsAs, clusterIn(folder));
  const data = join(home, 'data');
  if (!existsSync(data)) await initialise({ program, data, user, password, runsAs });
  const urlOf = (name: string) => `postgres://${user}:${password}@${HOST}:${port}/${name}`;
  const settings = { ...SETTINGS, port: String(port), unix_socket_directories: socketFolder(home), ...options.settings };
  const node = await Node.start({
    name: 'PostgreSQL',
    folder,
    program,
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    lifetime,
    user: runsAs,
    stopSignal: 'SIGINT',
    // SIGKILL would leave its children to themselves for a while.
    endSignal: 'SIGQUIT',
    listens: [{ host: HOST, port }],
    before: () => forgetEndedServer(home, data),
    answers: () => postgresAnswers(urlOf('postgres')),
    withinMs: START_MAX_MS,
    later: /pre-existing shared memory block/,
  });
  await haveDatabase(urlOf('postgres'), database);
  return serviceOf({ env: { POSTGRES_URL: urlOf(database) }, url: urlOf(database), port }, [node]);
}

/** Deletes all that it stored for this folder, wherever that is. It must be down. */
export function removePostgres(folder: string): void {
  rmSync(standInFor(clusterIn(folder)), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

const clusterIn = (folder: string) => join(folder, 'cluster');

interface NewCluster {
  program: string;
  data: string;
  user: string;
  password: string;
  runsAs: User | undefined;
}

/** Beside its place and then moved there: what was interrupted is not taken for a cluster. */
async function initialise({ program, data, user, password, runsAs }: NewCluster): Promise<void> {
  const unfinished = `${data}.new`;
  const passwordFile = join(dirname(data), 'password');
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (runsAs !== undefined) chownSync(passwordFile, runsAs.uid, runsAs.gid);
  try {
    await mustRun(
      'initdb',
      join(dirname(program), 'initdb'),
      ['-D', unfinished, '-U', user, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
      { withinMs: INITDB_MAX_MS, user: runsAs, cwd: dirname(data) },
    );
  } finally {
    rmSync(passwordFile);
  }
  renameSync(unfinished, data);
}

/**
 * A server that was killed leaves its number behind, and a process that has the number now, or nobody has noticed the
 * end of, passes for the server. Its children end a little later than itself: until then nobody may start on its data.
 */
async function forgetEndedServer(home: string, data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  await until({ what: `nobody works on ${data}`, withinMs: ORPHANS_MAX_MS }, () => {
    const [pid] = processesIn(data);
    if (pid !== undefined) throw new Error(`process ${pid} does`);
  });
  const locks = readdirSync(home).filter((name) => /^\.s\.PGSQL\..*\.lock$/.test(name));
  for (const lock of [join(data, 'postmaster.pid'), ...locks.map((name) => join(home, name))]) rmSync(lock, { force: true });
}

/** Every process of PostgreSQL works in the data folder. */
function processesIn(folder: string): string[] {
  const real = realpathSync(folder);
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && workingFolderOf(pid) === real);
}

function workingFolderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // ended, or somebody else's
  }
}

/** None if the path is too long for a socket: everybody here comes by TCP. */
function socketFolder(home: string): string {
  return home.length <= SOCKET_FOLDER_MAX_CHARS ? home : '';
}

async function haveDatabase(url: string, name: string): Promise<void> {
  await withPostgres(url, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}
