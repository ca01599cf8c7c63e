import { randomUUID } from 'node:crypto';
import { openCassandraArchive } from '../../../server/dist/cluster/cassandra/archive.js';
import { openPostgres, type PostgresStores } from '../../../server/dist/cluster/postgres/open.js';
import { openLogger } from '../../../server/dist/host/logger.js';
import { Metrics } from '../../../server/dist/host/metrics.js';
import { processRuntime as runtime } from '../../../server/dist/host/runtime.js';
import { readConfig } from '../../../server/dist/index.js';
import { SeededStore } from './store.js';

const POLLS = 10;
const LONG_AGO_MS = 3_600_000;

/** The durable stores of a cluster, by the settings of its servers, to be filled as one more of them would. */
export async function openClusterStore(env: NodeJS.ProcessEnv, jwtSecret: string): Promise<SeededStore> {
  return new SeededStore(await openStores(env, jwtSecret), jwtSecret);
}

/** How long the store takes, for each entry that another server appended, when a server asks what it was not told: microseconds. */
export async function microsOfPoll(
  env: NodeJS.ProcessEnv,
  jwtSecret: string,
  userIds: string[],
  entries: number,
): Promise<number> {
  const stores = await openStores(env, jwtSecret);
  try {
    const ask = () => stores.moved.movedSince({ userIds, since: runtime.now() - LONG_AGO_MS, limit: 10_000 });
    await ask();
    const from = performance.now();
    for (let n = 0; n < POLLS; n++) await ask();
    return ((performance.now() - from) * 1_000) / POLLS / entries;
  } finally {
    await stores.close();
  }
}

async function openStores(env: NodeJS.ProcessEnv, jwtSecret: string): Promise<PostgresStores> {
  const { cluster } = readConfig({ ...env, JWT_SECRET: jwtSecret }, { terminal: false });
  if (cluster === null) throw new Error('not the settings of a cluster');
  const [meter, logger] = [new Metrics(), await openLogger({ level: 'silent', pretty: false })];
  const archive = await openCassandraArchive(cluster.cassandra, meter, () => {});
  const bootId = `seed.${randomUUID()}`;
  const stores = await openPostgres({ ...cluster.postgres, runtime, meter, logger, archive, bootId });
  const close = async () => {
    await stores.close();
    await archive.close();
  };
  return { ...stores, close };
}
