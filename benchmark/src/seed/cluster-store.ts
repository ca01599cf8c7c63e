import { randomUUID } from 'node:crypto';
import { openCassandraArchive } from '../../../server/dist/cluster/cassandra/archive.js';
import { openPostgres } from '../../../server/dist/cluster/postgres/open.js';
import { cassandraSettings } from '../../../server/dist/cluster/settings.js';
import { openLogger } from '../../../server/dist/host/logger.js';
import { Metrics } from '../../../server/dist/host/metrics.js';
import { processRuntime as runtime } from '../../../server/dist/host/runtime.js';
import { readConfig } from '../../../server/dist/index.js';
import { SeededStore } from './store.js';

/** The durable stores of a cluster, by the settings of its servers, to be filled as one more of them would. */
export async function openClusterStore(env: NodeJS.ProcessEnv, jwtSecret: string): Promise<SeededStore> {
  const { cluster } = readConfig({ ...env, JWT_SECRET: jwtSecret }, { terminal: false });
  if (cluster === null) throw new Error('not the settings of a cluster');
  const [meter, logger] = [new Metrics(), await openLogger({ level: 'silent', pretty: false })];
  const archive = await openCassandraArchive(cassandraSettings(cluster.cassandra), meter, () => {});
  const bootId = `seed.${randomUUID()}`;
  const stores = await openPostgres({ ...cluster.postgres, runtime, meter, logger, archive, bootId });
  const close = async () => {
    await stores.close();
    await archive.close();
  };
  return new SeededStore({ ...stores, close }, jwtSecret);
}
