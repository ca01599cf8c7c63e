import { migrate as migrateCassandra } from '../../cluster/cassandra/migrate.js';
import type { ClusterOptions } from '../../cluster/options.js';
import { migrate as migratePostgres } from '../../cluster/postgres/migrations.js';

/** Brings both databases of a cluster up to date, and says what of them is not as it should be. */
export async function migrateCluster({ postgres, cassandra }: ClusterOptions): Promise<string> {
  await migratePostgres(postgres.url);
  const warnings = await migrateCassandra(cassandra);
  return [
    `PostgreSQL is up to date (${new URL(postgres.url).host}).`,
    `Cassandra is up to date (keyspace ${cassandra.keyspace}).`,
    ...warnings.map((warning) => `Warning: ${warning}`),
  ].join('\n');
}

/** What shows the databases of a cluster, in place of the studio. */
export function studioOfCluster({ postgres, cassandra }: ClusterOptions): string {
  const { username, host, pathname } = new URL(postgres.url);
  const [node = ''] = cassandra.contactPoints;
  return [
    'The databases of a cluster have tools of their own:',
    `  psql postgres://${username}@${host}${pathname}`,
    `  cqlsh ${node.replace(':', ' ')} -k ${cassandra.keyspace}`,
  ].join('\n');
}
