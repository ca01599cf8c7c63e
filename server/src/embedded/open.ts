import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import type { Meter } from '../ports/meter.js';
import type { Runtime } from '../ports/runtime.js';
import type { Stores } from '../ports/stores.js';
import { SqlAccounts } from '../sql/accounts.js';
import { SqlAuditLog } from '../sql/audit.js';
import { refuseHalfImported } from '../sql/refuse-half-imported.js';
import type { Database } from '../sql/schema.js';
import { SqlSessions } from '../sql/sessions.js';
import { EmbeddedContacts } from './contacts.js';
import { EmbeddedConversations } from './conversations.js';
import { ThreadsDialect } from './dialect.js';
import { EmbeddedInbox } from './inbox.js';
import { STORE_LIMITS, type StoreLimits } from './limits.js';
import { DirectoryLock } from './lock.js';
import { EmbeddedLog } from './log.js';
import { Maintenance } from './maintenance.js';
import { migrate } from './migrate.js';
import { EmbeddedOfflineQueue } from './offline.js';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

export interface EmbeddedOptions {
  /** Made if it is not there; locked against other processes while this one lives. */
  dataDir: string;
  runtime: Runtime;
  meter: Meter;
  /** The store failed in a way that only a fresh process can deal with. What is unanswered stays so. Called once. */
  onFatal: (error: Error) => void;
  limits?: Partial<StoreLimits>;
}

/** All that is durable, in one directory of one machine. */
export interface EmbeddedStores extends Stores {
  maintenance: Maintenance;
  /** Refuses what is new, commits what is in line, and closes the files. */
  close(): Promise<void>;
}

/** Opens the data directory: lock, migrations, one writer thread, one reader thread. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedStores> {
  const { dataDir, runtime, meter, limits } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await DirectoryLock.take(dataDir);
  try {
    const path = join(dataDir, 'parley.db');
    await migrate(path);
    const bounds = { ...STORE_LIMITS, ...limits };
    const onFatal = once(options.onFatal);
    const [writer, reader] = await Promise.all([
      Writer.start({ path, runtime, meter, limits: bounds, onFatal }),
      Reader.start({ path, runtime, limits: bounds, onFatal }),
    ]);
    const db = new Kysely<Database>({ dialect: new ThreadsDialect(reader, writer) });
    await refuseHalfImported(db).catch(async (error: unknown) => {
      await Promise.all([reader.close(), writer.close()]);
      throw error;
    });
    return storesOn({ writer, reader, db, runtime, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Opened {
  writer: Writer;
  reader: Reader;
  db: Kysely<Database>;
  runtime: Runtime;
  lock: DirectoryLock;
}

function storesOn({ writer, reader, db, runtime, lock }: Opened): EmbeddedStores {
  return {
    log: new EmbeddedLog(writer, reader, runtime),
    conversations: new EmbeddedConversations(writer, reader),
    inbox: new EmbeddedInbox(reader, runtime),
    contacts: new EmbeddedContacts(writer, reader),
    accounts: new SqlAccounts(db),
    sessions: new SqlSessions(db, () => runtime.now()),
    audit: new SqlAuditLog(db),
    offline: new EmbeddedOfflineQueue(writer, reader),
    maintenance: new Maintenance(writer, reader, runtime),
    close: async () => {
      await Promise.all([reader.close(), writer.close()]);
      lock.release();
    },
  };
}

/** Both threads may fail; one report is enough. */
function once(onFatal: (error: Error) => void): (error: Error) => void {
  let called = false;
  return (error) => {
    if (called) return;
    called = true;
    onFatal(error);
  };
}
