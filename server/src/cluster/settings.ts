import type { CassandraSettings } from './cassandra/connect.js';
import type { CassandraOptions, RedisOptions } from './options.js';
import type { RedisAddress, RedisSettings } from './redis/connect.js';

/* The options of the cluster as each of its parts wants them. */

export function cassandraSettings({ contactPoints, dataCenter, login, ca, ...rest }: CassandraOptions): CassandraSettings {
  return {
    ...rest,
    contactPoints: contactPoints.join(','),
    localDataCenter: dataCenter,
    ...(login !== null && { username: login.user, password: login.password }),
    ...(ca !== null && { tls: { caPath: ca } }),
  };
}

export function redisSettings({ at, user, password, tls, prefix }: RedisOptions): RedisSettings {
  return {
    address: redisAddress(at),
    ...(user !== null && { username: user }),
    ...(password !== null && { password }),
    ...(tls !== null && { tls: tls.ca === null ? {} : { ca: tls.ca } }),
    prefix,
  };
}

function redisAddress(at: RedisOptions['at']): RedisAddress {
  switch (at.kind) {
    case 'single':
      return at;
    case 'cluster':
      return { kind: 'cluster', nodes: at.nodes.join(',') };
    case 'sentinel':
      return { kind: 'sentinel', sentinels: at.sentinels.join(','), masterName: at.master };
  }
}
