import { Kysely, PostgresDialect } from 'kysely';
import { AppendRefused } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Meter } from '../../ports/meter.js';
import type { MovedStore } from '../../ports/moved.js';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { Stores } from '../../ports/stores.js';
import { SqlAccounts } from '../../sql/accounts.js';
import { SqlAuditLog } from '../../sql/audit.js';
import { refuseHalfImported } from '../../sql/refuse-half-imported.js';
import type { Database } from '../../sql/schema.js';
import { SqlSessions } from '../../sql/sessions.js';
import type { Archive } from '../archive.js';
import type { PostgresOptions } from '../options.js';
import { Archiver } from './archiver.js';
import { Connections } from './connections.js';
import { PostgresContacts } from './contacts.js';
import { PostgresConversations } from './conversations.js';
import { PostgresInbox } from './inbox.js';
import { warnIfNotDurable } from './durability.js';
import { Journal, type JournalLag } from './journal.js';
import { Lane } from './lane.js';
import { LaneConnection } from './lane-connection.js';
import { Lanes } from './lanes.js';
import { POSTGRES_LIMITS, type PostgresLimits } from './limits.js';
import { PostgresLog } from './log.js';
import { migrate } from './migrations.js';
import { PostgresOfflineQueue } from './offline.js';
import { Pages } from './pages.js';
import { Partitions } from './partitions.js';
import { Pulse } from './pulse.js';

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
  accounts: SqlAccounts;
  moved: MovedStore;
  journal: JournalCare;
  /** Resolves when the store reads and writes. */
  check(): Promise<void>;
  /** Refuses what is new, commits what is in line, archives what it can in a few seconds, and closes the connections. */
  close(): Promise<void>;
}

/** Migrates the database if need be, and connects to it. */
export async function openPostgres(options: PostgresStoresOptions): Promise<PostgresStores> {
  const { url, runtime, meter, logger, archive, bootId } = options;
  const limits = { ...POSTGRES_LIMITS, ...options.limits };
  await migrate(url);
  const connections = new Connections(url, options.connections, { logger, runtime });
  const journal = new Journal({ bootId, connections, archive });
  const archiver = new Archiver({ archive, journal, runtime, logger, limits });
  const pages = new Pages(connections, archive, logger);
  const partitions = new Partitions({ connections, journalKeptMs: options.journalKeptMs, logger });
  const sleep = (ms: number) => new Promise<void>((resolve) => runtime.after(ms, resolve));
  const laneConnections = Array.from({ length: options.lanes }, (_, lane) => new LaneConnection({ url, bootId, lane, sleep }));
  await warnIfNotDurable(connections, logger);
  await partitions.make();
  await Promise.all(laneConnections.map((connection) => connection.open()));
  const onTaken = () => meter.set('commit_queue', lanes.waiting);
  const common = { archiver, lookups: pages, runtime, meter, onTaken, logger, limits };
  const lanes: Lanes = new Lanes(
    laneConnections.map((connection) => new Lane({ ...common, connection })),
    () => runtime.monotonic(),
  );
  const pulse = new Pulse(url);
  const making = keepMaking(partitions, runtime, logger);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: connections.forKysely }) });
  // With sessions of this server open, which an import looks for: of the two, one sees the other.
  await refuseHalfImported(db).catch(async (error: unknown) => {
    making.cancel();
    await lanes.close();
    await connections.close();
    throw error;
  });
  return {
    log: new PostgresLog(lanes, pages),
    conversations: new PostgresConversations(lanes, connections),
    inbox: new PostgresInbox(connections),
    contacts: new PostgresContacts(connections),
    accounts: new SqlAccounts(db),
    sessions: new SqlSessions(db, () => runtime.now()),
    audit: new SqlAuditLog(db),
    offline: new PostgresOfflineQueue(connections),
    moved: journal,
    journal: {
      dropPartitions: () => partitions.drop(),
      archiveLeftovers: (dead) => journal.archiveLeftovers(dead),
      bootsBehind: () => journal.bootsBehind(),
      lag: () => journal.lagOf(archiver, runtime.now()),
    },
    check: async () => {
      await pulse.beat();
      if (!lanes.areUp) throw new AppendRefused('overloaded');
    },
    close: async () => {
      making.cancel();
      await lanes.close();
      await archiver.close(ARCHIVER_CLOSE_MS);
      await Promise.all([connections.close(), pulse.close()]);
    },
  };
}

function keepMaking(partitions: Partitions, runtime: Runtime, logger: Logger): Timer {
  return runtime.every(PARTITIONS_EVERY_MS, () => {
    partitions.make().catch((error: unknown) => logger.warn({ err: error }, 'partitions could not be made ahead'));
  });
}
