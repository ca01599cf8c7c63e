import { AppendRefused } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Meter } from '../../ports/meter.js';
import type { MovedStore } from '../../ports/moved.js';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { Stores } from '../../ports/stores.js';
import type { Archive } from '../archive.js';
import type { PostgresOptions } from '../options.js';
import { Archiver } from './archiver.js';
import { PostgresContacts } from './contacts.js';
import { PostgresConversations } from './conversations.js';
import { PostgresInbox } from './inbox.js';
import { openDatabase, type PostgresDatabase } from './database.js';
import { Journal, type JournalLag } from './journal.js';
import { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { POSTGRES_LIMITS, type PostgresLimits } from './limits.js';
import { PostgresLog } from './log.js';
import { PostgresOfflineQueue } from './offline.js';
import { Pages } from './pages.js';

const PARTITIONS_EVERY_MS = 600_000;
const ARCHIVER_CLOSE_MS = 5_000;

export interface PostgresStoresOptions extends PostgresOptions {
  runtime: Runtime;
  meter: Meter;
  logger: Logger;
  /** Belongs to who opened it, and is closed after the stores. */
  archive: Archive;
  /** Never used before: an id of this start of this server. */
  bootId: string;
  limits?: Partial<PostgresLimits>;
}

/** The journal, for jobs and metrics. */
export interface JournalCare {
  /** Drops what is old and archived; gives the names of the partitions. */
  dropPartitions(): Promise<string[]>;
  /** Archives what a dead server left; null: it is alive. */
  archiveLeftovers(bootId: string): Promise<number | null>;
  /** Servers, dead or alive, of which something is not archived yet. */
  bootsBehind(): Promise<string[]>;
  /** How far the archive is behind, of this server's entries. */
  lag(): JournalLag;
}

/** All that is durable, in PostgreSQL and, behind it, the archive. */
export interface PostgresStores extends Stores {
  accounts: PostgresDatabase['accounts'];
  moved: MovedStore;
  journal: JournalCare;
  /** Resolves when the store reads and writes. */
  check(): Promise<void>;
  /** Refuses what is new, commits what is in line, archives what it can in a few seconds, and closes the connections. */
  close(): Promise<void>;
}

/** Opens the database, and the stores on it. */
export async function openPostgres(options: PostgresStoresOptions, open = openDatabase): Promise<PostgresStores> {
  const { runtime, meter, logger, archive, bootId } = options;
  const limits = { ...POSTGRES_LIMITS, ...options.limits };
  const database = await open(options);
  const { connections, partitions } = database;
  const journal = new Journal({ bootId, connections, archive });
  const archiver = new Archiver({ archive, journal, runtime, logger, limits });
  const pages = new Pages(connections, archive, logger);
  const laneConnections = Array.from({ length: options.lanes }, (_, lane) => database.lane(lane));
  await partitions.make();
  await Promise.all(laneConnections.map((connection) => connection.open()));
  const onTaken = () => meter.set('commit_queue', lanes.waiting);
  const common = { archiver, lookups: pages, runtime, meter, onTaken, logger, limits };
  const lanes: Lanes = new Lanes(
    laneConnections.map((connection) => new Lane({ ...common, connection })),
    () => runtime.monotonic(),
  );
  const making = keepMaking(partitions, runtime, logger);
  // With sessions of this server open, which an import looks for: of the two, one sees the other.
  await database.refuseHalfImported().catch(async (error: unknown) => {
    making.cancel();
    await lanes.close();
    await database.close();
    throw error;
  });
  return {
    log: new PostgresLog(lanes, pages),
    conversations: new PostgresConversations(lanes, connections),
    inbox: new PostgresInbox(connections),
    contacts: new PostgresContacts(connections),
    accounts: database.accounts,
    sessions: database.sessions,
    audit: database.audit,
    offline: new PostgresOfflineQueue(connections),
    moved: journal,
    journal: {
      dropPartitions: () => partitions.drop(),
      archiveLeftovers: (dead) => journal.archiveLeftovers(dead),
      bootsBehind: () => journal.bootsBehind(),
      lag: () => journal.lagOf(archiver, runtime.now()),
    },
    check: async () => {
      await database.beat();
      if (!lanes.areUp) throw new AppendRefused('overloaded');
    },
    close: async () => {
      making.cancel();
      await lanes.close();
      await archiver.close(ARCHIVER_CLOSE_MS);
      await database.close();
    },
  };
}

function keepMaking(partitions: PostgresDatabase['partitions'], runtime: Runtime, logger: Logger): Timer {
  return runtime.every(PARTITIONS_EVERY_MS, () => {
    partitions.make().catch((error: unknown) => logger.warn({ err: error }, 'partitions could not be made ahead'));
  });
}
