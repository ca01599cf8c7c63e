import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startRedis, type RedisServer } from '../../backing/src/redis.js';
import { cableTo, type Cable } from './cable.js';
import { freshDatabase, type FreshDatabase } from './fresh.js';

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

/** A database of one's own by a way that can be cut; the database itself is reached directly. */
export async function postgresByCable(): Promise<{ cable: Cable; database: FreshDatabase; env: { POSTGRES_URL: string } }> {
  const database = await freshDatabase();
  const cable = await cableTo(database.url);
  const url = new URL(database.url);
  url.host = new URL(cable.url).host;
  return { cable, database, env: { POSTGRES_URL: url.href } };
}

/** The run's Redis by a way that can be cut. */
export async function redisByCable(): Promise<{ cable: Cable; env: { REDIS_URL: string } }> {
  const redis = inject('redis');
  if (redis === null) throw new Error('this run has no Redis: skip what needs it');
  const cable = await cableTo(redis);
  const url = new URL(redis);
  url.host = new URL(cable.url).host;
  return { cable, env: { REDIS_URL: url.href } };
}
