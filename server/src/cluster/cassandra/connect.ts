import { readFile } from 'node:fs/promises';
import { Client, errors, policies, types, type DseClientOptions } from 'cassandra-driver';
import { abandon, keepHosts } from './control-connection.js';
import { RetryOnce } from './retry.js';

export type Consistency = 'LOCAL_QUORUM' | 'QUORUM' | 'LOCAL_ONE' | 'ONE';

export interface CassandraSettings {
  /**
   * `host` or `host:port`, with commas between. One that answers is enough: the rest of the ring is found through it. All
   * nodes listen at the same port.
   */
  contactPoints: string;
  localDataCenter: string;
  keyspace: string;
  username?: string;
  password?: string;
  /** A PEM file of the authority; the nodes' certificates must be good for their IP addresses: that is what the driver dials. */
  tls?: { caPath: string };
  /** Of the keyspace if it has to be made: a CQL map such as `{'class': 'NetworkTopologyStrategy', 'dc1': 3}`. */
  replication: string;
  /** Below LOCAL_QUORUM, what was written may not be read yet (R19). */
  consistency?: Consistency;
}

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
export async function connect(settings: CassandraSettings, keyspace?: string): Promise<Client> {
  const client = new Client(await optionsOf(settings, keyspace));
  try {
    await client.connect();
    keepHosts(client);
    return client;
  } catch (error) {
    await abandon(client);
    throw new Error(`Cassandra cannot be used at ${settings.contactPoints}: ${reasonOf(error)}`, { cause: error });
  }
}

async function optionsOf(settings: CassandraSettings, keyspace: string | undefined): Promise<DseClientOptions> {
  const { localDataCenter, username, password, tls, consistency = 'LOCAL_QUORUM' } = settings;
  const contactPoints = contactPointsOf(settings.contactPoints);
  return {
    contactPoints,
    localDataCenter,
    // The nodes that are found through these say where they are, but not at which port.
    protocolOptions: { port: portOf(contactPoints[0]) },
    ...(keyspace !== undefined && { keyspace }),
    ...(username !== undefined && { credentials: { username, password: password ?? '' } }),
    // The driver checks no certificate unless it is told to.
    ...(tls !== undefined && { sslOptions: { rejectUnauthorized: true, ca: await readFile(tls.caPath) } }),
    policies: {
      loadBalancing: new policies.loadBalancing.DefaultLoadBalancingPolicy({ localDc: localDataCenter }),
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

function contactPointsOf(list: string): [string, ...string[]] {
  const [first, ...more] = list
    .split(',')
    .map((point) => point.trim())
    .filter((point) => point !== '');
  if (first === undefined) throw new Error('Cassandra has no contact points: give host or host:port, with commas between');
  return [first, ...more];
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
