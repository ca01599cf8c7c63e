import { mkdir } from 'node:fs/promises';
import { DirectoryLock } from '../../embedded/lock.js';
import { migrate } from '../../embedded/migrate.js';
import { openSqlite, prepare, type Sqlite, type Value } from '../../embedded/sqlite.js';
import { databaseFile } from '../db/open-file.js';
import { EmbeddedSource } from './embedded-source.js';
import { columnsOf, type Kind, type Rows } from './kinds.js';
import { begunOf, type ImportRow } from './begun.js';
import type { Begun, Source, Target } from './stores.js';

const ENTRY_COLUMNS =
  'conversation_id, seq, ordinal, message_id, kind, sender_id, created_at, content, detail, client_id, edited_at, deleted_at';

/** An empty data directory. */
export class EmbeddedTarget implements Target {
  readonly about: string;
  readonly #dataDir: string;
  readonly #db: Sqlite;
  readonly #lock: DirectoryLock;
  #exportId = '';

  private constructor(dataDir: string, db: Sqlite, lock: DirectoryLock) {
    this.about = `the store in ${dataDir}`;
    this.#dataDir = dataDir;
    this.#db = db;
    this.#lock = lock;
  }

  static async open(dataDir: string): Promise<EmbeddedTarget> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const lock = await DirectoryLock.take(dataDir);
    try {
      await migrate(databaseFile(dataDir));
      return new EmbeddedTarget(dataDir, await openSqlite(databaseFile(dataDir), ['synchronous = FULL']), lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  async begin(exportId: string): Promise<Begun> {
    const imports = this.#db.prepare('SELECT export_id, parts_done, finished_at FROM imports').all() as unknown as ImportRow[];
    const [full] = prepare(
      this.#db,
      'SELECT EXISTS (SELECT 1 FROM accounts) OR EXISTS (SELECT 1 FROM conversations)',
    ).get() as unknown as [number];
    const begun = begunOf(this.about, { exportId, imports, isEmpty: full === 0 });
    this.#exportId = exportId;
    if (begun !== null) return begun;
    this.#db.prepare('INSERT INTO imports (export_id, started_at, parts_done) VALUES (?, ?, 0)').run(exportId, Date.now());
    return { partsDone: 0, finishedAt: null };
  }

  async write<K extends Kind>(kind: K, rows: Rows[K][], partsDone: number): Promise<void> {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      if (kind === 'entries') this.#insert('entries', ENTRY_COLUMNS, (rows as Rows['entries'][]).map(valuesOf));
      else {
        const columns = columnsOf(kind).filter((column) => kind !== 'sends' || !['ordinal', 'message_id'].includes(column));
        const values = (rows as unknown as Record<string, Value>[]).map((row) => columns.map((column) => row[column] ?? null));
        this.#insert(kind, columns.join(), values);
      }
      this.#db.prepare('UPDATE imports SET parts_done = ? WHERE export_id = ?').run(partsDone, this.#exportId);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  read(): Promise<Source> {
    return EmbeddedSource.open(this.#dataDir);
  }

  async finish(): Promise<void> {
    this.#db.prepare('UPDATE imports SET finished_at = ? WHERE export_id = ?').run(Date.now(), this.#exportId);
  }

  async close(): Promise<void> {
    this.#db.close();
    this.#lock.release();
  }

  #insert(table: string, columns: string, rows: Value[][]): void {
    const marks = columns.split(',').map(() => '?');
    const insert = this.#db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks.join()})`);
    for (const values of rows) insert.run(...values);
  }
}

function valuesOf(entry: Rows['entries']): Value[] {
  const { conversationId, seq, ordinal, messageId, kind, senderId, createdAt, content, detail, clientId, editedAt, deletedAt } =
    entry;
  const detailJson = detail === null ? null : JSON.stringify(detail);
  return [conversationId, seq, ordinal, messageId, kind, senderId, createdAt, content, detailJson, clientId, editedAt, deletedAt];
}
