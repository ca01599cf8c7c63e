import { cassandraAnswers, postgresAnswers, redisAnswers, redisClusterAnswers } from './answers.js';
import { DATA_CENTER, startCassandra } from './cassandra.js';
import { startPostgres } from './postgres.js';
import { startRedisCluster } from './redis-cluster.js';
import { startRedis } from './redis.js';
import type { Place, Service } from './service.js';

export const KIND_NAMES = ['postgres', 'redis', 'redis-cluster', 'cassandra'] as const;
export type KindName = (typeof KIND_NAMES)[number];

export type Env = Readonly<Record<string, string>>;
/** In the order of the kind's `ports`. */
export type Ports = readonly number[];

/** One kind of service: where it may be given, how it is started, and how it is asked. */
export interface Kind {
  name: KindName;
  title: string;
  /** The setting that names one which runs already. */
  givenBy: string;
  /** The ports it would like to have: the usual ones. The first are those for clients. */
  ports: Ports;
  /** How many of the ports are for clients. */
  clientPorts: number;
  /** The settings by which one on these ports is found. */
  envOf(ports: Ports): Env;
  /** Throws unless it answers a query. */
  answers(env: Env): Promise<void>;
  /** From programs on this machine. */
  start(place: Place, ports: Ports): Promise<Service>;
  /** Its name in the compose file, and the variables there that take its ports. */
  compose: { service: string; ports: readonly string[] };
}

const HOST = '127.0.0.1';
const need = (value: string | number | undefined): string => {
  if (value === undefined) throw new Error('a port is missing');
  return String(value);
};

export const KINDS: Readonly<Record<KindName, Kind>> = {
  postgres: {
    name: 'postgres',
    title: 'PostgreSQL',
    givenBy: 'POSTGRES_URL',
    ports: [5432],
    clientPorts: 1,
    envOf: ([port]) => ({ POSTGRES_URL: `postgres://parley:parley@${HOST}:${need(port)}/parley` }),
    answers: (env) => postgresAnswers(env['POSTGRES_URL'] ?? ''),
    start: (place, [port]) => startPostgres({ ...place, port: Number(need(port)) }),
    compose: { service: 'postgres', ports: ['POSTGRES_PORT'] },
  },
  redis: {
    name: 'redis',
    title: 'Redis',
    givenBy: 'REDIS_URL',
    ports: [6379],
    clientPorts: 1,
    envOf: ([port]) => ({ REDIS_URL: `redis://${HOST}:${need(port)}` }),
    answers: (env) => redisAnswers(env['REDIS_URL'] ?? ''),
    start: (place, [port]) => startRedis({ ...place, port: Number(need(port)) }),
    compose: { service: 'redis', ports: ['REDIS_PORT'] },
  },
  'redis-cluster': {
    name: 'redis-cluster',
    title: 'Redis Cluster',
    givenBy: 'REDIS_CLUSTER',
    ports: [7001, 7002, 7003, 17_001, 17_002, 17_003],
    clientPorts: 3,
    envOf: (ports) => ({
      REDIS_CLUSTER: ports
        .slice(0, 3)
        .map((port) => `${HOST}:${port}`)
        .join(','),
    }),
    answers: (env) => redisClusterAnswers(env['REDIS_CLUSTER'] ?? ''),
    start: (place, ports) => startRedisCluster({ ...place, ports: ports.slice(0, 3), busPorts: ports.slice(3) }),
    compose: { service: 'redis-cluster', ports: ['REDIS_CLUSTER_PORT_1', 'REDIS_CLUSTER_PORT_2', 'REDIS_CLUSTER_PORT_3'] },
  },
  cassandra: {
    name: 'cassandra',
    title: 'Cassandra',
    givenBy: 'CASSANDRA_CONTACT_POINTS',
    ports: [9042, 7000],
    clientPorts: 1,
    envOf: ([port]) => ({ CASSANDRA_CONTACT_POINTS: `${HOST}:${need(port)}`, CASSANDRA_DATA_CENTER: DATA_CENTER }),
    answers: (env) =>
      cassandraAnswers({
        contactPoints: env['CASSANDRA_CONTACT_POINTS'] ?? '',
        dataCenter: env['CASSANDRA_DATA_CENTER'] ?? DATA_CENTER,
        user: env['CASSANDRA_USER'],
        password: env['CASSANDRA_PASSWORD'],
      }),
    start: (place, [port, storagePort]) =>
      startCassandra({ ...place, port: Number(need(port)), storagePort: Number(need(storagePort)) }),
    compose: { service: 'cassandra', ports: ['CASSANDRA_PORT'] },
  },
};

/** The settings of one that the environment names; null if it names none. */
export function givenIn(environment: NodeJS.ProcessEnv, { givenBy, name }: Kind): Env | null {
  const value = environment[givenBy];
  if (value === undefined || value === '') return null;
  const env: Record<string, string> = { [givenBy]: value };
  if (name !== 'cassandra') return env;
  env['CASSANDRA_DATA_CENTER'] = environment['CASSANDRA_DATA_CENTER'] ?? DATA_CENTER;
  for (const more of ['CASSANDRA_USER', 'CASSANDRA_PASSWORD']) {
    const set = environment[more];
    if (set !== undefined) env[more] = set;
  }
  return env;
}
