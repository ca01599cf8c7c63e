import { mkdir } from 'node:fs/promises';
import { DirectoryLock } from '../../embedded/lock.js';
import { migrate } from '../../embedded/migrate.js';
import { migrations } from '../../sql/migrations.js';
import { isInUse } from '../in-use.js';
import { databaseFile, readFrom } from './open-file.js';
import { appliedIn } from './tables.js';

/** Brings the store up to date, and says what was done. Refused while a server has a store that is not. */
export async function migrateStore(dataDir: string): Promise<string> {
  const applied = (await readFrom(databaseFile(dataDir), appliedIn)) ?? [];
  refuseNewer(dataDir, applied);
  const pending = Object.keys(migrations).filter((name) => !applied.includes(name));
  if (pending.length === 0) return `${dataDir} is up to date (${Object.keys(migrations).at(-1) ?? 'empty'}).`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockOf(dataDir, pending);
  try {
    await migrate(databaseFile(dataDir));
  } finally {
    lock.release();
  }
  return [`Brought ${dataDir} up to date:`, ...pending.map((name) => `  ran ${name}`)].join('\n');
}

/** A store that a newer version has changed is nothing for this one. */
export function refuseNewer(dataDir: string, applied: string[]): void {
  const unknown = applied.filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new Error(`${dataDir} is from a newer version of Parley, which ran ${unknown.join(', ')} on it: use that one.`);
}

async function lockOf(dataDir: string, pending: string[]): Promise<DirectoryLock> {
  try {
    return await DirectoryLock.take(dataDir);
  } catch (error) {
    if (!isInUse(error)) throw error;
    const todo = `${pending.join(', ')} ${pending.length === 1 ? 'is' : 'are'} still to run`;
    throw new Error(`A server has ${dataDir}, and ${todo}: stop it and run this again, or just start the new one.`, {
      cause: error,
    });
  }
}
