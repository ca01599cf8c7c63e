import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Client as Cassandra } from 'cassandra-driver';
import { Redis } from 'ioredis';
import type { Client as Postgres } from 'pg';

const FLUSH_MS = 1_000;
const FLUSHED_WITHIN_MS = 60_000;
const KEYS_OF_A_KIND = 200;

/** Bytes for each row of a table and all that belongs to it: indexes, partitions, what is too long for a row. */
export async function postgresRowBytes(client: Postgres, table: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string; rows: string }>(
    `SELECT sum(pg_total_relation_size(relid)) AS bytes, (SELECT count(*) FROM ${client.escapeIdentifier(table)}) AS rows
     FROM (SELECT $1::regclass AS relid UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass) parts`,
    [table],
  );
  return Number(rows[0]?.bytes) / Number(rows[0]?.rows);
}

/** Bytes on the disk for each row of a keyspace's table, once it is all there. The folder is that of the only node. */
export async function cassandraRowBytes(
  {
    contactPoints,
    dataCenter,
    keyspace,
    folder,
  }: { contactPoints: string; dataCenter: string; keyspace: string; folder: string },
  table: string,
  rows: number,
): Promise<number> {
  const client = new Cassandra({ contactPoints: contactPoints.split(','), localDataCenter: dataCenter, keyspace });
  await client.connect();
  try {
    await client.execute(`ALTER TABLE ${table} WITH memtable_flush_period_in_ms = ${FLUSH_MS}`);
    const bytes = await settledBytes(join(folder, 'data', keyspace), table);
    await client.execute(`ALTER TABLE ${table} WITH memtable_flush_period_in_ms = 0`);
    return bytes / rows;
  } finally {
    await client.shutdown();
  }
}

/** The size of a table's files, once they have not changed for some flushes. */
async function settledBytes(keyspaceFolder: string, table: string): Promise<number> {
  const until = performance.now() + FLUSHED_WITHIN_MS;
  let [bytes, unchanged] = [0, 0];
  while (unchanged < 4 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    const now = await bytesIn(keyspaceFolder, `${table}-`);
    unchanged = now > 0 && now === bytes ? unchanged + 1 : 0;
    bytes = now;
  }
  if (unchanged < 4) throw new Error(`the files of ${table} in ${keyspaceFolder} did not settle: ${bytes} bytes`);
  return bytes;
}

async function bytesIn(folder: string, prefix: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = files
    .filter((file) => file.startsWith(prefix))
    .map(async (file) => {
      const found = await stat(join(folder, file)).catch(() => null);
      return found?.isFile() === true ? found.size : 0;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Bytes in memory for each key, by its kind: what stands between the prefix and the next colon. */
export async function redisKeyBytes(url: string, prefix: string): Promise<Map<string, { bytes: number; keys: number }>> {
  const redis = new Redis(url);
  const kinds = new Map<string, string[]>();
  for await (const some of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    for (const key of some as string[]) {
      const kind = key.slice(prefix.length).split(':')[0] ?? '';
      kinds.set(kind, [...(kinds.get(kind) ?? []), key]);
    }
  }
  const sizes = new Map<string, { bytes: number; keys: number }>();
  for (const [kind, keys] of kinds) {
    const some = keys.slice(0, KEYS_OF_A_KIND);
    const bytes = await Promise.all(some.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
    sizes.set(kind, { bytes: bytes.reduce<number>((sum, each) => sum + (each ?? 0), 0) / some.length, keys: keys.length });
  }
  redis.disconnect();
  return sizes;
}
