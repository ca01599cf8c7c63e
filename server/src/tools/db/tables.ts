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

const allTables = (db: Sqlite) => names(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");

const names = (db: Sqlite, sql: string) => (db.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
