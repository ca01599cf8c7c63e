import { join } from 'node:path';
import { openSqlite, troubleOf, type Sqlite } from './sqlite.js';

/**
 * The lock on a data directory: an exclusive transaction on a small file of its own. The system frees it when the
 * process ends, however it ends.
 *
 * Trap: a process loses its locks on a file when it closes any other descriptor of that file. Nothing else opens this one.
 */
export class DirectoryLock {
  readonly #db: Sqlite;

  private constructor(db: Sqlite) {
    this.#db = db;
  }

  /** Rejects if another process, or this one, has it. */
  static async take(dataDir: string): Promise<DirectoryLock> {
    const db = await openSqlite(join(dataDir, 'lock.db'), ['busy_timeout = 0']);
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if (troubleOf(error) !== 'busy') throw error;
      throw new Error(`DATA_DIR ${dataDir} is in use by another Parley process`, { cause: error });
    }
    return new DirectoryLock(db);
  }

  release(): void {
    this.#db.close();
  }
}
