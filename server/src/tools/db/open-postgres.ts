import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import type { ClusterOptions } from '../../cluster/options.js';
import { clientConfig } from '../../cluster/postgres/connections.js';
import { migrate } from '../../cluster/postgres/migrations.js';
import type { Database } from '../../sql/schema.js';

/** The cluster's SQL database, brought up to date, for a tool that changes a row or two. */
export async function openPostgresDatabase({ postgres }: ClusterOptions): Promise<Kysely<Database>> {
  await migrate(postgres.url);
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: new Pool({ ...clientConfig(postgres.url), max: 1 }) }) });
}
