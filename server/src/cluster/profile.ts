import type { Profile, ProfileParts } from '../ports/profile.js';
import type { ClusterOptions } from './options.js';

/** Any number of processes on PostgreSQL, Cassandra and Redis. */
export function clusterProfile(_options: ClusterOptions, _parts: ProfileParts): Promise<Profile> {
  throw new Error('not yet');
}
