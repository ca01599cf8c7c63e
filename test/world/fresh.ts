import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  /** Runs one statement in it. */
  run(sql: string): Promise<void>;
  /** What one statement gives. */
  rows<Row>(sql: string): Promise<Row[]>;
  /** A copy of it as it is now. While one is made, and while it is put back, nobody may be connected. */
  backUp(): Promise<Backup>;
  /** Deletes it, also while somebody is connected. */
  drop(): Promise<void>;
}

/** What a database was. */
export interface Backup {
  /** The database is what it was, under its name. */
  restore(): Promise<void>;
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
    rows: async <Row>(sql: string) => (await withPostgres((client) => client.query(sql), url.href)).rows as Row[],
    backUp: async () => {
      const copy = await freshDatabase(name);
      return {
        restore: async () => {
          await dropDatabase(name);
          await withPostgres((client) =>
            client.query(`ALTER DATABASE ${client.escapeIdentifier(copy.name)} RENAME TO ${client.escapeIdentifier(name)}`),
          );
        },
      };
    },
    drop: () => dropDatabase(name),
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

async function dropDatabase(name: string): Promise<void> {
  await withPostgres((client) => client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`));
}

const unique = () => randomBytes(6).toString('hex');

function postgres(): string {
  const url = inject('postgres');
  if (url === null) throw new Error('this run has no PostgreSQL: skip what needs it');
  return url;
}

async function withPostgres<T>(use: (client: Client) => Promise<T>, url = postgres()): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
