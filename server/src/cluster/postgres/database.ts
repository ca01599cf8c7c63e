import { Kysely, PostgresDialect } from 'kysely';
import type { AuditLog } from '../../ports/audit.js';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import { SqlAccounts } from '../../sql/accounts.js';
import { SqlAuditLog } from '../../sql/audit.js';
import { refuseHalfImported } from '../../sql/refuse-half-imported.js';
import type { Database } from '../../sql/schema.js';
import { SqlSessions } from '../../sql/sessions.js';
import type { PostgresOptions } from '../options.js';
import { Connections, type Asking } from './connections.js';
import { warnIfNotDurable } from './durability.js';
import { LaneConnection, type LaneWay } from './lane-connection.js';
import { migrate } from './migrations.js';
import { Partitions } from './partitions.js';
import { Pulse } from './pulse.js';

export interface DatabaseParts extends PostgresOptions {
  runtime: Runtime;
  logger: Logger;
  bootId: string;
}

/** PostgreSQL as the stores reach it: all that is spoken to it passes here. */
export interface PostgresDatabase {
  connections: Asking;
  /** The connection of a lane, for as long as the server lives. */
  lane(lane: number): LaneWay;
  partitions: Pick<Partitions, 'make' | 'drop'>;
  accounts: Pick<SqlAccounts, keyof SqlAccounts>;
  sessions: Pick<SqlSessions, keyof SqlSessions>;
  audit: AuditLog;
  /** Rejects if somebody began to import into it and has not finished. Call while the lanes are open. */
  refuseHalfImported(): Promise<void>;
  /** Resolves when something was written. */
  beat(): Promise<void>;
  /** Once the lanes are closed. */
  close(): Promise<void>;
}

/** Migrates the database if need be, and connects to it. */
export async function openDatabase(parts: DatabaseParts): Promise<PostgresDatabase> {
  const { url, runtime, logger, bootId } = parts;
  await migrate(url);
  const connections = new Connections(url, parts.connections, { logger, runtime });
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: connections.forKysely }) });
  const pulse = new Pulse(url);
  const sleep = (ms: number) => new Promise<void>((resolve) => runtime.after(ms, resolve));
  await warnIfNotDurable(connections, logger);
  return {
    connections,
    lane: (lane) => new LaneConnection({ url, bootId, lane, sleep }),
    partitions: new Partitions({ connections, journalKeptMs: parts.journalKeptMs, logger }),
    accounts: new SqlAccounts(db),
    sessions: new SqlSessions(db, () => runtime.now()),
    audit: new SqlAuditLog(db),
    refuseHalfImported: () => refuseHalfImported(db),
    beat: () => pulse.beat(),
    close: async () => void (await Promise.all([connections.close(), pulse.close()])),
  };
}
