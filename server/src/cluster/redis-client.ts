import { Cluster, Redis, type ClusterOptions, type RedisOptions as ConnectionOptions } from 'ioredis';
import type { RedisOptions } from './options.js';

export type Client = Redis | Cluster;
export type Connection = Omit<ConnectionOptions, 'replyMapping'>;

/** What the uses of Redis do not have in common. */
export interface ClientUse {
  /** Of every connection, also those to the nodes of a cluster. */
  each: Connection;
  /** Of a client of one Redis. */
  alone: Connection;
  /** Of a client of a cluster: where there is no connection to a node, it opens one for the command if `lazyConnect`. */
  cluster: Omit<ClusterOptions, 'redisOptions'> & { lazyConnect: boolean };
  /** From 0 to 1, for the jitter of tries to connect. */
  random: () => number;
}

export const CONNECT_MS = 2_000;
const KEEP_ALIVE_MS = 5_000;
/** Below the time that a lease outlives, so that all servers are back before one judges another dead. */
const RETRY_MAX_MS = 1_000;
const RETRY_MIN_MS = 50;
const SLOTS_REFRESH_MS = 5_000;

/** A client of the Redis that is set: one, the master that Sentinels name, or a Cluster. It connects, and does so for ever. */
export function openClient(redis: RedisOptions, { each, alone, cluster, random }: ClientUse): Client {
  const { at, user, password, tls } = redis;
  // With jitter, so that a restarted Redis is not met by all at once.
  const retryMs = (times: number) => Math.min(RETRY_MIN_MS * 2 ** Math.min(times, 10), RETRY_MAX_MS) * (0.5 + random() / 2);
  const security = tls === null ? null : tls.ca === null ? {} : { ca: tls.ca };
  const common: Connection = {
    connectTimeout: CONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    ...each,
    ...(user !== null && { username: user }),
    ...(password !== null && { password }),
    ...(security !== null && { tls: security }),
  };
  switch (at.kind) {
    case 'single':
      return new Redis(at.url, { ...common, ...alone, retryStrategy: retryMs });
    case 'sentinel':
      return new Redis({
        ...common,
        ...alone,
        retryStrategy: retryMs,
        sentinels: at.sentinels.map(hostOf),
        name: at.master,
        sentinelRetryStrategy: retryMs,
        // Whoever was demoted refuses writes: ask the sentinels anew.
        reconnectOnError: (error) => error.message.startsWith('READONLY'),
        ...(at.password !== null && { sentinelPassword: at.password }),
        ...(security !== null && { enableTLSForSentinelMode: true, sentinelTLS: security }),
      });
    case 'cluster': {
      const { lazyConnect, ...own } = cluster;
      return new Cluster(at.nodes.map(hostOf), {
        redisOptions: { ...common, lazyConnect },
        slotsRefreshInterval: SLOTS_REFRESH_MS,
        slotsRefreshTimeout: CONNECT_MS,
        clusterRetryStrategy: retryMs,
        // Else a node that is away for a moment is found again only by the next look at the whole cluster.
        clusterNodeRetryStrategy: retryMs,
        ...own,
      });
    }
  }
}

/** `host:port` or `[::1]:port`, as the client takes it. */
export function hostOf(node: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${node.trim()}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6_379 : Number(port) };
}
