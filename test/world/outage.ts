import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startRedis, type RedisServer } from '../../backing/src/redis.js';
import { cableTo, type Cable } from './cable.js';

/** A Redis of one's own, that may be killed and emptied. */
export async function ownRedis(): Promise<RedisServer & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  const redis = await startRedis({ folder });
  const remove = async () => {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(redis, { remove });
}

/** The run's Cassandra by a way that can be cut, as the settings of servers that are to go that way. */
export async function cassandraByCable(): Promise<{ cable: Cable; env: { CASSANDRA_CONTACT_POINTS: string } }> {
  const cassandra = inject('cassandra');
  if (cassandra === null) throw new Error('this run has no Cassandra: skip what needs it');
  const cable = await cableTo(`tcp://${cassandra.contactPoints.split(',')[0] ?? ''}`);
  return { cable, env: { CASSANDRA_CONTACT_POINTS: `127.0.0.1:${new URL(cable.url).port}` } };
}
