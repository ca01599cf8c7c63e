import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite, type Sqlite } from '../../embedded/sqlite.js';

/** The database file of a data directory. */
export const databaseFile = (dataDir: string) => join(dataDir, 'parley.db');

/** Reads from a database file, which a server may have open: it sees what is committed. Null: there is no such file. */
export async function readFrom<T>(path: string, read: (db: Sqlite) => T): Promise<T | null> {
  if (!existsSync(path)) return null;
  const db = await openSqlite(path, ['query_only = ON', 'busy_timeout = 5000']);
  try {
    return read(db);
  } finally {
    db.close();
  }
}
