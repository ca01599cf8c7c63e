import type * as Port from '@photostructure/sqlite';

export type Sqlite = Port.DatabaseSyncInstance;
export type Statement = Port.StatementSyncInstance;
/** What SQLite can hold. Anything else is bound as NULL, silently. */
export type Value = string | number | null;

type Module = Pick<typeof Port, 'DatabaseSync' | 'StatementSync'>;

/** Node's own SQLite where it is new enough to give rows as arrays, else the port of it: one API, so one code path. */
async function sqliteModule(): Promise<Module> {
  const builtin = process.getBuiltinModule('node:sqlite') as Module | undefined;
  if (builtin !== undefined && 'setReturnArrays' in builtin.StatementSync.prototype) return builtin;
  return import('@photostructure/sqlite');
}

/** Opens (and makes) a database file, and runs each pragma. */
export async function openSqlite(path: string, pragmas: readonly string[]): Promise<Sqlite> {
  const { DatabaseSync } = await sqliteModule();
  const db = new DatabaseSync(path);
  for (const pragma of pragmas) db.exec(`PRAGMA ${pragma}`);
  return db;
}

/** Prepares a statement whose rows come as arrays: no keys to build, and none to carry between threads. */
export function prepare(db: Sqlite, sql: string): Statement {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** What an error of SQLite means for the transaction it came from. */
export type Trouble =
  /** There is no room, the file cannot be written, or another process holds it: all is as before, try later. */
  | 'full'
  | 'readonly'
  | 'busy'
  /** It is not known what is on the disk any more: this process must not go on with the file. */
  | 'fatal'
  /** This statement, with these values. */
  | 'statement';

const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;
/** The file was moved or deleted under us: nothing that we write to it would be found again. */
const READONLY_DBMOVED = READONLY | (4 << 8);
/** The WAL's index could not grow: a full disk under another name. */
const IOERR_SHMSIZE = IOERR | (19 << 8);

export function troubleOf(error: unknown): Trouble {
  const code = errorCode(error);
  if (code === READONLY_DBMOVED) return 'fatal';
  if (code === IOERR_SHMSIZE) return 'full';
  switch (code & 0xff) {
    case FULL:
      return 'full';
    case READONLY:
      return 'readonly';
    case BUSY:
      return 'busy';
    case IOERR:
    case CORRUPT:
    case NOTADB:
      return 'fatal';
    default:
      return 'statement';
  }
}

/** SQLite's own words for those codes. The port of it leaves the code out of what `all` throws. */
const CODE_OF_MESSAGE: Record<string, number> = {
  'database is locked': BUSY,
  'attempt to write a readonly database': READONLY,
  'disk I/O error': IOERR,
  'database disk image is malformed': CORRUPT,
  'database or disk is full': FULL,
  'file is not a database': NOTADB,
};

function errorCode(error: unknown): number {
  if (!(error instanceof Error)) return 0;
  const code = 'errcode' in error ? error.errcode : CODE_OF_MESSAGE[error.message];
  return typeof code === 'number' ? code : 0;
}
