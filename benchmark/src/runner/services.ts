import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { KINDS, type Env, type KindName } from '../../../backing/dist/kinds.js';
import { Stack } from '../../../backing/dist/stack.js';

/** A store, and its processes, as far as they run here and are ours. */
export interface StoreProcesses {
  name: 'PostgreSQL' | 'Redis' | 'Cassandra';
  pids: readonly number[];
}

const USED: Record<KindName, StoreProcesses['name'] | null> = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  cassandra: 'Cassandra',
  'redis-cluster': null,
};

const KINDS_USED = Object.values(KINDS).filter(({ name }) => USED[name] !== null);

/** The services of a cluster, with a database, a keyspace and a prefix that nobody else uses. */
export class Services {
  /** The settings by which a server finds them. */
  readonly env: Env;
  readonly stores: readonly StoreProcesses[];
  /** Where those are that were started here. */
  readonly folder: string;
  readonly #stack: Stack;

  private constructor(stack: Stack, env: Env, stores: readonly StoreProcesses[]) {
    this.#stack = stack;
    this.folder = stack.folder;
    this.env = env;
    this.stores = stores;
  }

  /** Those that the environment names, else new ones whose data is in `folder`. */
  static async start(folder: string): Promise<Services> {
    const stack = new Stack({ folder, lifetime: 'owner', environment: process.env, usualPorts: false });
    const envs = await Promise.all(KINDS_USED.map((kind) => stack.up(kind)));
    const stores = await Promise.all(
      KINDS_USED.map(async (kind) => ({ name: USED[kind.name] ?? 'Redis', pids: (await stack.status(kind)).pids })),
    );
    const env = Object.assign({}, ...envs) as Record<string, string>;
    const own = `parley_bench_${randomBytes(4).toString('hex')}`;
    const url = env['POSTGRES_URL'] ?? '';
    await createDatabase(url, own);
    const database = new URL(url);
    database.pathname = `/${own}`;
    const fresh = { POSTGRES_URL: database.href, CASSANDRA_KEYSPACE: own, REDIS_PREFIX: `${own}:` };
    return new Services(stack, { ...env, ...fresh }, stores);
  }

  /** Ends those that were started. In others, what this run stored stays. */
  async stop(): Promise<void> {
    await Promise.all(KINDS_USED.map((kind) => this.#stack.down(kind, { hard: true })));
    await this.#stack.remove(KINDS_USED);
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
