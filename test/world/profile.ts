import type { Environment } from '@parley/server';
import { inject, test } from 'vitest';
import { freshDatabase, freshPrefix } from './fresh.js';

/** The profile that this run's stories are told on. */
export const PROFILE = process.env['PARLEY_TEST_PROFILE'] === 'cluster' ? 'cluster' : 'embedded';

/** A story of the embedded profile alone; on the cluster there is no such test. */
export const onEmbedded: typeof test = PROFILE === 'embedded' ? test : (((): void => undefined) as unknown as typeof test);

/** Settings for stores that nobody else uses, on the real services of this run. */
export interface FreshServices {
  readonly env: Environment;
  /** Puts the clock of the database ahead of the real one. */
  clockAhead(ms: number): Promise<void>;
  drop(): Promise<void>;
}

/** The keyspace is shared: conversations have ids of their own, and making one takes seconds. */
const KEYSPACE = 'parley_test';

/** A single Redis, or where the run says so a Redis Cluster. */
function redisEnvironment(): Environment | null {
  const [single, nodes] = [inject('redis'), inject('redisCluster')];
  if (process.env['PARLEY_TEST_REDIS'] === 'cluster') return nodes === null ? null : { REDIS_CLUSTER: nodes };
  return single === null ? null : { REDIS_URL: single };
}

export async function freshServices(): Promise<FreshServices> {
  const [redis, cassandra] = [redisEnvironment(), inject('cassandra')];
  if (redis === null || cassandra === null) throw new Error('this run has no Redis or no Cassandra: skip what needs them');
  const database = await freshDatabase();
  return {
    env: {
      PROFILE: 'cluster',
      POSTGRES_URL: database.url,
      POSTGRES_CONNECTIONS: '4',
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints,
      CASSANDRA_DATA_CENTER: cassandra.dataCenter,
      CASSANDRA_KEYSPACE: KEYSPACE,
      ...redis,
      REDIS_PREFIX: freshPrefix(),
    },
    clockAhead: (ms) =>
      database.run(`CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS $$
        SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${ms} $$`),
    drop: () => database.drop(),
  };
}
