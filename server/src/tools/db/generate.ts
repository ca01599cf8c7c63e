import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../embedded/migrate.js';
import { shapeOfDatabase } from './database-shape.js';
import { databaseFile, readFrom } from './open-file.js';
import { shapeOfTypes } from './schema-types.js';
import { differences, type Shape } from './shape.js';

/** The types of the tables, as this build has them. */
export const SCHEMA_TYPES = join(import.meta.dirname, '../../sql/schema.d.ts');

/** Compares the types of the tables with what the migrations make of an empty database, and says that they agree. */
export async function checkTypes(schemaFile: string): Promise<string> {
  const types = shapeOfTypes(await readFile(schemaFile, 'utf8'));
  const found = differences(types, await migratedShape());
  if (found.length > 0) {
    throw new Error(['The types of the tables and the migrations do not agree:', ...found.map((line) => `  ${line}`)].join('\n'));
  }
  const columns = [...types.values()].reduce((sum, table) => sum + table.size, 0);
  return `The types and the migrations agree: ${types.size} tables, ${columns} columns.`;
}

async function migratedShape(): Promise<Shape> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-generate-'));
  try {
    await migrate(databaseFile(folder));
    return (await readFrom(databaseFile(folder), shapeOfDatabase)) ?? new Map();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
