import { existsSync } from 'node:fs';
import { DirectoryLock } from '../../embedded/lock.js';
import { entryColumns, entryOf, type EntryRow } from '../../sql/rows.js';
import { openSqlite, prepare, type Sqlite, type Value } from '../../embedded/sqlite.js';
import { migrations } from '../../sql/migrations.js';
import { databaseFile } from '../db/open-file.js';
import { refuseNewer } from '../db/migrate.js';
import { appliedIn } from '../db/tables.js';
import { isInUse } from '../in-use.js';
import { columnsOf, KEYS, type Kind, type Rows, type TableKind } from './kinds.js';
import type { Source } from './stores.js';

/** In this order SQLite goes along the index of entries, and sorts nothing. */
const ENTRIES_IN_LOGS = 'FROM entries e CROSS JOIN conversations c ON c.id = e.conversation_id AND e.seq <= c.last_seq';
/** With what the log says of each; in this order SQLite sorts nothing either. */
const SENDS = `(
  SELECT s.*, e.ordinal, e.message_id FROM sends s CROSS JOIN entries e ON e.conversation_id = s.conversation_id AND e.seq = s.seq
)`;
const PAGE_ROWS = 500;

/** A store of the embedded profile, as it was when it was opened. A server may go on writing to it. */
export class EmbeddedSource implements Source {
  readonly about: string;
  readonly #db: Sqlite;
  readonly #lock: DirectoryLock | null;

  private constructor(dataDir: string, db: Sqlite, lock: DirectoryLock | null) {
    this.about = `the store in ${dataDir}`;
    this.#db = db;
    this.#lock = lock;
  }

  /** To move it, so that nothing comes to it any more; rejects while a server has it. */
  static async openIdle(dataDir: string): Promise<EmbeddedSource> {
    requireFile(dataDir);
    const lock = await lockOf(dataDir);
    try {
      return await EmbeddedSource.open(dataDir, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** To copy it, whoever has it. `lock`: is released with it. */
  static async open(dataDir: string, lock: DirectoryLock | null = null): Promise<EmbeddedSource> {
    requireFile(dataDir);
    const db = await openSqlite(databaseFile(dataDir), ['query_only = ON', 'busy_timeout = 5000']);
    try {
      refuseOtherVersion(dataDir, appliedIn(db));
      db.exec('BEGIN');
      // The transaction sees from now on what its first statement sees.
      db.exec('SELECT count(*) FROM store_checks');
      return new EmbeddedSource(dataDir, db, lock);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  async count(kind: Kind): Promise<number> {
    const from = kind === 'entries' ? ENTRIES_IN_LOGS : `FROM ${kind}`;
    const [count] = prepare(this.#db, `SELECT count(*) ${from}`).get() as unknown as [number];
    return count;
  }

  async *rows<K extends Kind>(kind: K): AsyncIterable<Rows[K]> {
    yield* (kind === 'entries' ? this.#entries() : this.#table(kind as TableKind)) as Iterable<Rows[K]>;
  }

  async close(): Promise<void> {
    this.#db.close();
    this.#lock?.release();
  }

  *#entries(): Iterable<Rows['entries']> {
    const page = prepare(
      this.#db,
      `SELECT ${entryColumns('e')} ${ENTRIES_IN_LOGS} WHERE (e.conversation_id, e.seq) > (?, ?)
       ORDER BY e.conversation_id, e.seq LIMIT ${PAGE_ROWS}`,
    );
    yield* pages(['', 0], (after) => (page.all(...after) as unknown as EntryRow[]).map(entryOf), entryKey);
  }

  *#table(kind: TableKind): Iterable<unknown> {
    const table = kind === 'sends' ? SENDS : kind;
    const keys = KEYS[kind];
    const page = this.#db.prepare(
      `SELECT ${columnsOf(kind).join()} FROM ${table} WHERE (${keys.join()}) > (${keys.map(() => '?').join()})
       ORDER BY ${keys.join()} LIMIT ${PAGE_ROWS}`,
    );
    const keyOf = (row: TableRow) => keys.map((key) => row[key] ?? '');
    yield* pages(
      keys.map(() => ''),
      (after) => page.all(...after) as unknown as TableRow[],
      keyOf,
    );
  }
}

type TableRow = Record<string, Value>;
type Key = readonly Value[];

const entryKey = ({ conversationId, seq }: Rows['entries']): Key => [conversationId, seq];

/** Row by row, for however many there are. Not by an iterator of SQLite's: the port of it crashes the process with one. */
function* pages<Row>(first: Key, read: (after: Key) => Row[], keyOf: (row: Row) => Key): Iterable<Row> {
  for (let after = first; ;) {
    const rows = read(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = keyOf(last);
  }
}

function requireFile(dataDir: string): void {
  if (!existsSync(databaseFile(dataDir))) throw new Error(`There is no store in ${dataDir}: set DATA_DIR.`);
}

async function lockOf(dataDir: string): Promise<DirectoryLock> {
  try {
    return await DirectoryLock.take(dataDir);
  } catch (error) {
    if (!isInUse(error)) throw error;
    throw new Error(
      `A server has ${dataDir}, and what is sent to it from now on would be left behind: stop it, and run this again. ` +
        'For a copy as of now, with the server running: --live.',
      { cause: error },
    );
  }
}

function refuseOtherVersion(dataDir: string, applied: string[]): void {
  refuseNewer(dataDir, applied);
  const pending = Object.keys(migrations).filter((name) => !applied.includes(name));
  if (pending.length > 0)
    throw new Error(`${dataDir} is from an older version of Parley: npm run db:migrate brings it up to date.`);
}
