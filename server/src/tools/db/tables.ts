import type { Sqlite } from '../../embedded/sqlite.js';

/** The tables of the schema, by name; without SQLite's own and those that migrating keeps. */
export function tablesOf(db: Sqlite): string[] {
  return allTables(db).filter((name) => !name.startsWith('sqlite_') && !name.startsWith('kysely_'));
}

/** The migrations that were run on the database, in their order. */
export function appliedIn(db: Sqlite): string[] {
  if (!allTables(db).includes('kysely_migration')) return [];
  return names(db, 'SELECT name FROM kysely_migration ORDER BY name');
}

/** How many bytes of the file each table takes, with its indexes; empty if this build of SQLite does not count them. */
export function sizesOf(db: Sqlite): Map<string, number> {
  if (names(db, "SELECT name FROM pragma_module_list WHERE name = 'dbstat'").length === 0) return new Map();
  const sql = 'SELECT tbl_name AS name, sum(pgsize) AS bytes FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name';
  return new Map((db.prepare(sql).all() as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes]));
}

const allTables = (db: Sqlite) => names(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");

const names = (db: Sqlite, sql: string) => (db.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
