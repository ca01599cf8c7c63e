import type { Sqlite, Value } from '../../embedded/sqlite.js';
import { databaseFile, readFrom } from './open-file.js';
import { sizesOf, tablesOf } from './tables.js';
import { textTable } from './text-table.js';

/** Columns that nobody needs to see, and that a screen or a log should not have. */
const SECRET = new Set(['password_hash']);

/** The tables, how many rows each has, and how much room it takes with its indexes. */
export function showTables(dataDir: string): Promise<string> {
  return look(dataDir, (db) => {
    const sizes = sizesOf(db);
    const rows = tablesOf(db).map((table) => [table, countOf(db, table), sizeText(sizes.get(table))]);
    return textTable(['table', 'rows', 'size'], rows);
  });
}

/** The newest rows of a table, at most `limit`. */
export function showRows(dataDir: string, table: string, limit: number): Promise<string> {
  return look(dataDir, (db) => {
    const tables = tablesOf(db);
    if (!tables.includes(table)) throw new Error(`There is no table ${table}; there are ${tables.join(', ')}.`);
    const rows = db.prepare(`SELECT * FROM "${table}" ORDER BY rowid DESC LIMIT ?`).all(limit) as Record<string, Value>[];
    const columns = columnsOf(db, table).filter((column) => !SECRET.has(column));
    const shown = textTable(
      columns,
      rows.map((row) => columns.map((column) => row[column] ?? null)),
    );
    return `${shown}\n${rows.length} of ${countOf(db, table)} rows, the newest first`;
  });
}

async function look(dataDir: string, read: (db: Sqlite) => string): Promise<string> {
  const shown = await readFrom(databaseFile(dataDir), read);
  if (shown === null) throw new Error(`There is no store in ${dataDir} yet: npm run db:migrate makes it, and so does npm start.`);
  return shown;
}

function countOf(db: Sqlite, table: string): number {
  return (db.prepare(`SELECT count(*) AS count FROM "${table}"`).get() as { count: number }).count;
}

function sizeText(bytes: number | undefined): string | null {
  if (bytes === undefined) return null;
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

function columnsOf(db: Sqlite, table: string): string[] {
  const statement = db.prepare(`SELECT * FROM "${table}" LIMIT 0`);
  return statement.columns().map(({ name }) => name);
}
