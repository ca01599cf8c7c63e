import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  /** Runs one statement in it. */
  run(sql: string): Promise<void>;
  /** Deletes it, also while somebody is connected. */
  drop(): Promise<void>;
}

/** Creates a database of its own for a test file; `template`: a database, with nobody connected, that it is a copy of. */
export async function freshDatabase(template = 'template1'): Promise<FreshDatabase> {
  const name = freshKeyspace();
  const url = new URL(postgres());
  url.pathname = `/${name}`;
  await withPostgres((client) =>
    client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`),
  );
  return {
    url: url.href,
    name,
    run: (sql) => withPostgres(async (client) => void (await client.query(sql)), url.href),
    drop: async () => {
      await withPostgres((client) => client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`));
    },
  };
}

/** A name for a keyspace in Cassandra that nobody else uses. Who creates it also drops it. */
export function freshKeyspace(): string {
  return `parley_${unique()}`;
}

/** What a test file puts before all of its keys in Redis. */
export function freshPrefix(): string {
  return `parley-${unique()}:`;
}

const unique = () => randomBytes(6).toString('hex');

function postgres(): string {
  const url = inject('postgres');
  if (url === null) throw new Error('this run has no PostgreSQL: skip what needs it');
  return url;
}

async function withPostgres(use: (client: Client) => Promise<unknown>, url = postgres()): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
