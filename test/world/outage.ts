import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startRedis, type RedisServer } from '../../backing/src/redis.js';
import { startRedisSentinel, type RedisSentinel } from '../../backing/src/redis-sentinel.js';
import type { Service } from '../../backing/src/service.js';
import { cableTo, type Cable } from './cable.js';
import { freshDatabase, type FreshDatabase } from './fresh.js';

type Own<S extends Service> = S & { remove(): Promise<void> };

/** A Redis of one's own, that may be killed and emptied. */
export const ownRedis = (): Promise<Own<RedisServer>> => own(startRedis);

/** A primary of one's own, with a replica and a Sentinel. */
export const ownSentinel = (): Promise<Own<RedisSentinel>> => own(startRedisSentinel);

async function own<S extends Service>(start: (place: { folder: string }) => Promise<S>): Promise<Own<S>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  const service = await start({ folder });
  const remove = async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(service, { remove });
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
