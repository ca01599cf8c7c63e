import { readFile } from 'node:fs/promises';
import { Client, errors, policies, types, type DseClientOptions } from 'cassandra-driver';
import type { CassandraOptions, Consistency } from '../options.js';
import { abandon, keepHosts } from './control-connection.js';
import { RetryOnce } from './retry.js';

const DEFAULT_PORT = 9_042;
/** R19: one attempt. A request has two of them at most. */
export const ATTEMPT_TIMEOUT_MS = 2_000;
const RECONNECT_MIN_MS = 250;
const RECONNECT_MAX_MS = 2_000;
/** After so many requests without an answer a connection is replaced. */
const DEFUNCT_AFTER_TIMEOUTS = 16;
const HEARTBEAT_MS = 5_000;

const CONSISTENCY: Record<Consistency, types.consistencies> = {
  LOCAL_QUORUM: types.consistencies.localQuorum,
  QUORUM: types.consistencies.quorum,
  LOCAL_ONE: types.consistencies.localOne,
  ONE: types.consistencies.one,
};

/**
 * A connected client, for statements of `keyspace` if it is given. Every statement counts as idempotent unless it says
 * otherwise: the archive has no other ones.
 */
export async function connect(options: CassandraOptions, keyspace?: string): Promise<Client> {
  const client = new Client(await clientOptions(options, keyspace));
  try {
    await client.connect();
    keepHosts(client);
    return client;
  } catch (error) {
    await abandon(client);
    throw new Error(`Cassandra cannot be used at ${options.contactPoints.join(', ')}: ${reasonOf(error)}`, { cause: error });
  }
}

async function clientOptions(options: CassandraOptions, keyspace: string | undefined): Promise<DseClientOptions> {
  const { contactPoints, dataCenter, consistency, login, ca } = options;
  const [first] = contactPoints;
  if (first === undefined) throw new Error('Cassandra has no contact points: give host or host:port');
  return {
    contactPoints: [...contactPoints],
    localDataCenter: dataCenter,
    // The nodes that are found through these say where they are, but not at which port.
    protocolOptions: { port: portOf(first) },
    ...(keyspace !== undefined && { keyspace }),
    ...(login !== null && { credentials: { username: login.user, password: login.password } }),
    // The driver checks no certificate unless it is told to.
    ...(ca !== null && { sslOptions: { rejectUnauthorized: true, ca: await readFile(ca) } }),
    policies: {
      loadBalancing: new policies.loadBalancing.DefaultLoadBalancingPolicy({ localDc: dataCenter }),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(RECONNECT_MIN_MS, RECONNECT_MAX_MS),
      retry: new RetryOnce(),
      speculativeExecution: new policies.speculativeExecution.NoSpeculativeExecutionPolicy(),
    },
    queryOptions: { consistency: CONSISTENCY[consistency], prepare: true, isIdempotent: true },
    socketOptions: {
      connectTimeout: ATTEMPT_TIMEOUT_MS,
      readTimeout: ATTEMPT_TIMEOUT_MS,
      defunctReadTimeoutThreshold: DEFUNCT_AFTER_TIMEOUTS,
    },
    pooling: { heartBeatInterval: HEARTBEAT_MS },
    encoding: { useBigIntAsLong: true },
    monitorReporting: { enabled: false },
  };
}

/** Of `host:port` or `[host]:port`; an IPv6 address without brackets has more colons, and no port. */
function portOf(contactPoint: string): number {
  const [, port] = /^(?:[^:[\]]*|\[.*\]):(\d+)$/.exec(contactPoint) ?? [];
  return port === undefined ? DEFAULT_PORT : Number(port);
}

/** Of "all hosts failed" only the failures say anything. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const each = Object.values((error.innerErrors ?? {}) as Record<string, Error>).map(({ message }) => message);
    if (each.length > 0) return [...new Set(each)].join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
