import {
  Kysely,
  Migrator,
  SqliteAdapter,
  SqliteDialect,
  type Dialect,
  type SqliteDatabase,
  type SqliteDialectConfig,
  type SqliteStatement,
} from 'kysely';
import { migrations } from '../sql/migrations.js';
import type { Database } from '../sql/schema.js';
import { openSqlite, type Sqlite, type Value } from './sqlite.js';

/**
 * Brings the database file up to date, all steps in one transaction, before any thread has it open. It is made in WAL
 * mode, so that the threads find it so.
 */
export async function migrate(path: string): Promise<void> {
  const db = await openFile(path);
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) {
      const why = error instanceof Error ? error.message : 'for an unknown reason';
      throw new Error(`the database ${path} could not be brought up to date: ${why}`, { cause: error });
    }
  } finally {
    await db.destroy();
  }
}

/** The database file without threads, for who writes a row or two; a server may have it open too. */
export async function openFile(path: string): Promise<Kysely<Database>> {
  const sqlite = await openSqlite(path, ['journal_mode = WAL', 'synchronous = FULL', 'busy_timeout = 5000']);
  return new Kysely<Database>({ dialect: new MigrationDialect({ database: plainDatabase(sqlite) }) });
}

/** SQLite rolls back DDL like anything else; Kysely just does not make use of it. A kill leaves no half of a step. */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class MigrationDialect extends SqliteDialect implements Dialect {
  constructor(config: SqliteDialectConfig) {
    super(config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

/** What Kysely expects of a database: better-sqlite3's shape. */
function plainDatabase(db: Sqlite): SqliteDatabase {
  return {
    close: () => db.close(),
    prepare: (sql: string): SqliteStatement => {
      const statement = db.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as Value[])),
        run: (parameters) => statement.run(...(parameters as Value[])),
        iterate: (parameters) => statement.iterate(...(parameters as Value[])) as IterableIterator<unknown>,
      };
    },
  };
}
