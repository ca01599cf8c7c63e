import type { JobQueues } from '../ports/job-queues.js';
import type { Logger } from '../ports/logger.js';
import type { Job, Profile, ProfileParts } from '../ports/profile.js';
import type { Runtime } from '../ports/runtime.js';
import { purgeSessions } from '../sql/purge-sessions.js';
import { Boots } from './boots.js';
import { CachedLog } from './cached-log.js';
import { CachedSessions } from './cached-sessions.js';
import { openCassandraArchive } from './cassandra/archive.js';
import { LateInspection } from './jobs/late-inspection.js';
import { openJobs } from './jobs/open.js';
import { fillFilter, KnownAccounts } from './known-accounts.js';
import { LateArchive } from './late-archive.js';
import type { ClusterOptions, RedisOptions } from './options.js';
import { OutageLog } from './outage-log.js';
import { openDatabase } from './postgres/database.js';
import { openPostgres, type PostgresStores } from './postgres/open.js';
import { openClient } from './redis-client.js';
import { openRedisNode } from './redis/open.js';

const GAUGE_MS = 5_000;

/** How what is outside of the process is reached. A test may put models in the place of all of it. */
export interface Outside {
  openArchive: typeof openCassandraArchive;
  openDatabase: typeof openDatabase;
  openClient: typeof openClient;
  openJobs: typeof openJobs;
  inspect(redis: RedisOptions, runtime: Runtime, logger: Logger): JobQueues & { close(): Promise<void> };
}

const SERVICES: Outside = {
  openArchive: openCassandraArchive,
  openDatabase,
  openClient,
  openJobs,
  inspect: (...parts) => new LateInspection(...parts),
};

/** Any number of processes on PostgreSQL, Cassandra and Redis. */
export async function clusterProfile(
  options: ClusterOptions,
  parts: ProfileParts,
  outside: Outside = SERVICES,
): Promise<Profile> {
  const { runtime, meter, logger, roles } = parts;
  const disturbances = new OutageLog(logger, runtime, 'the way to the other servers is disturbed');
  const onError = (error: unknown) => disturbances.note(error);
  const isWorker = roles.includes('worker');

  const archive = new LateArchive(
    () => outside.openArchive(options.cassandra, meter, (warning) => logger.warn({}, warning)),
    runtime,
    logger,
  );
  await archive.start();
  const bootId = `${options.nodeId}.${runtime.id()}`;
  const postgres = { ...options.postgres, runtime, meter, logger, archive, bootId };
  const stores = await openPostgres(postgres, outside.openDatabase);
  const boots = new Boots(
    (lost) =>
      openRedisNode({
        redis: options.redis,
        nodeId: options.nodeId,
        hears: roles.includes('chat'),
        runtime,
        meter,
        openClient: outside.openClient,
        onLost: lost,
        onError,
      }),
    onError,
  );
  const filter = () => boots.node.existence;
  const jobs = await outside.openJobs({
    redis: options.redis,
    offline: stores.offline,
    jobs: [
      ...upkeep(stores),
      purgeSessions(stores.sessions, runtime),
      fillFilter(filter, (after, limit) => stores.accounts.names(after, limit)),
    ],
    isWorker,
    runtime,
    meter,
    logger,
  });

  const queues = outside.inspect(options.redis, runtime, logger);
  const gauging = runtime.every(GAUGE_MS, () => {
    const { entries, ageMs } = stores.journal.lag();
    meter.set('journal_unarchived', entries);
    meter.set('journal_age_seconds', ageMs / 1_000);
  });

  return {
    stores: {
      ...stores,
      log: new CachedLog({ log: stores.log, pages: () => boots.node.pages, meter, onError }),
      sessions: new CachedSessions({ sessions: stores.sessions, cache: () => boots.node.sessions, meter, onError }),
      accounts: new KnownAccounts(stores.accounts, filter, meter),
      offline: jobs.offline,
    },
    others: {
      relay: boots.relay,
      board: boots.board,
      limits: boots.limits,
      fleet: boots.fleet,
      moved: stores.moved,
      onEvicted: (run) => boots.onEvicted(run),
    },
    checks: {
      postgres: { run: () => stores.check(), isVital: true },
      cassandra: { run: () => archive.check(), isVital: false },
      redis: { run: () => boots.node.check(), isVital: false },
    },
    // BullMQ runs them: each on one worker at a time.
    jobs: [],
    queues,
    start: async () => {
      await boots.start();
      for (const warning of await boots.node.warnings()) logger.warn({}, warning);
    },
    close: async () => {
      gauging.cancel();
      await boots.close();
      await jobs.close();
      await queues.close();
      await stores.close();
      await archive.close();
    },
  };
}

/** What keeps the journal short. */
function upkeep({ journal }: PostgresStores): Job[] {
  return [
    {
      name: 'archive what dead servers left',
      everyMs: 10_000,
      run: async () => {
        for (const boot of await journal.bootsBehind()) await journal.archiveLeftovers(boot);
        return false;
      },
    },
    {
      name: 'drop what is archived',
      everyMs: 300_000,
      run: async () => (await journal.dropPartitions(), false),
    },
  ];
}
