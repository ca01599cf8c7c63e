import type { CassandraSettings } from './cassandra/connect.js';
import type { CassandraOptions } from './options.js';

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
