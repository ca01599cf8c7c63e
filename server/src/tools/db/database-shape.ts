import type { Sqlite } from '../../embedded/sqlite.js';
import type { Shape } from './shape.js';
import { tablesOf } from './tables.js';

interface Column {
  name: string;
  type: string;
  notnull: number;
  pk: number;
}

const TYPES: Record<string, string> = { text: 'string', integer: 'number', bigint: 'number' };

/** The shape that a database has. */
export function shapeOfDatabase(db: Sqlite): Shape {
  return new Map(tablesOf(db).map((table) => [table, columnsOf(db, table)]));
}

function columnsOf(db: Sqlite, table: string): Map<string, string> {
  const columns = db.prepare(`PRAGMA table_info("${table}")`).all() as unknown as Column[];
  return new Map(columns.map((column) => [column.name, typeOf(column)]));
}

/** SQLite lets a primary key be null if nothing else is said; none of ours ever is. */
function typeOf({ type, notnull, pk }: Column): string {
  const name = TYPES[type.toLowerCase()] ?? type;
  return notnull === 1 || pk > 0 ? name : `${name} | null`;
}
