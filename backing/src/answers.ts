import { connect } from 'node:net';
import { auth, Client as CassandraClient } from 'cassandra-driver';
import { Cluster, Redis } from 'ioredis';
import { Client as PostgresClient } from 'pg';

/** One question takes at most this; who asks may ask again. */
const ANSWER_MAX_MS = 5_000;

/** Throws unless PostgreSQL answers a query there. */
export async function postgresAnswers(url: string): Promise<void> {
  await withPostgres(url, (client) => client.query('SELECT 1'));
}

export async function withPostgres<T>(url: string, use: (client: PostgresClient) => Promise<T>): Promise<T> {
  const client = new PostgresClient({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MAX_MS,
    query_timeout: ANSWER_MAX_MS * 6,
  });
  client.on('error', () => {}); // a server that goes away while we ask also fails the query
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Throws unless Redis answers there, its data loaded. */
export async function redisAnswers(url: string): Promise<void> {
  await withRedis(url, (redis) => redis.ping());
}

export async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_MAX_MS,
    commandTimeout: ANSWER_MAX_MS,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  redis.on('error', () => {}); // also fails the command
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** Throws unless every node named, `host:port` with commas between, says that the cluster is whole. */
export async function redisClusterAnswers(nodes: string): Promise<void> {
  for (const node of nodes.split(','))
    await withRedis(`redis://${node}`, async (redis) => {
      const info = String(await redis.call('CLUSTER', 'INFO'));
      if (!/cluster_state:ok/.test(info)) throw new Error(`${node} says ${/cluster_state:\w+/.exec(info)?.[0] ?? info}`);
    });
  const [host = '', port] = (nodes.split(',')[0] ?? '').split(':');
  const cluster = new Cluster([{ host, port: Number(port) }], {
    clusterRetryStrategy: () => null,
    redisOptions: { connectTimeout: ANSWER_MAX_MS, commandTimeout: ANSWER_MAX_MS },
  });
  cluster.on('error', () => {}); // also fails the command
  try {
    await cluster.get('parley-is-anybody-there');
  } finally {
    cluster.disconnect();
  }
}

export interface CassandraLogin {
  user?: string | undefined;
  password?: string | undefined;
  /** The authority that signed the nodes' certificates, in PEM; none: no TLS. */
  ca?: string | undefined;
}

export interface CassandraAddress extends CassandraLogin {
  /** `host:port`, with commas between. */
  contactPoints: string;
  dataCenter: string;
}

/** Throws unless Cassandra answers a query there. */
export async function cassandraAnswers(address: CassandraAddress): Promise<void> {
  await mustConnect(address.contactPoints.split(',')[0] ?? '');
  await withCassandra(address, (client) => client.execute('SELECT release_version FROM system.local'));
}

export async function withCassandra<T>(address: CassandraAddress, use: (client: CassandraClient) => Promise<T>): Promise<T> {
  const { contactPoints, dataCenter, user, password, ca } = address;
  const client = new CassandraClient({
    contactPoints: contactPoints.split(','),
    localDataCenter: dataCenter,
    ...(user === undefined ? {} : { authProvider: new auth.PlainTextAuthProvider(user, password ?? '') }),
    ...(ca === undefined ? {} : { sslOptions: { ca } }),
    socketOptions: { connectTimeout: ANSWER_MAX_MS, readTimeout: ANSWER_MAX_MS * 6 },
  });
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.shutdown();
  }
}

/** Much cheaper than a driver that finds nobody. */
async function mustConnect(address: string): Promise<void> {
  const [host = '', port = '9042'] = address.split(':');
  const socket = connect({ host, port: Number(port), timeout: ANSWER_MAX_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('timeout', () => reject(new Error(`${address} does not answer`)));
    });
  } finally {
    socket.destroy();
  }
}
