import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batches, FatalStoreError } from './batch.js';
import type { Command, SendCommand } from './commands.js';
import { migrate } from './migrate.js';
import { openSqlite, type Sqlite } from './sqlite.js';
import { temporaryDir } from './temporary.contract.js';

/** The writer thread's work, without the thread. */
describe('batches', () => {
  let dataDir: string;
  let db: Sqlite;
  let batches: Batches;
  let messages = 0;
  const send = (content: string, clientId: string | null = null): SendCommand => [
    'send',
    'chat',
    'a',
    `m${(messages += 1)}`,
    content,
    clientId,
    1,
  ];
  /** Nothing that a port would let through: SQLite takes the object for named parameters, and misses the content. */
  const poison = (): Command => send({} as string);
  const count = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get().n as number;

  beforeEach(async () => {
    dataDir = await temporaryDir();
    const path = join(dataDir, 'parley.db');
    await migrate(path);
    db = await openSqlite(path, ['synchronous = OFF']);
    batches = new Batches(db);
    batches.run([['direct', 'a', 'b', 'chat', 1]]);
  });
  afterEach(async () => {
    db.close();
    await rm(dataDir, { recursive: true });
  });

  it('R3 in a failing batch only the culprit fails, and the others keep their order', () => {
    const outcomes = batches.run([send('one', 'c1'), poison(), send('two', 'c2'), send('one', 'c1'), poison(), send('three')]);
    expect(outcomes.map((outcome) => (outcome instanceof Error ? 'failed' : (outcome as unknown[])[0]))).toEqual([
      1,
      'failed',
      2,
      1,
      'failed',
      3,
    ]);
    expect(count('entries')).toBe(3);
    expect(batches.run([send('four')])).toEqual([[4, 4, 1, 1, null]]);
  });

  it('R1 a command that fails half way leaves nothing', () => {
    expect(batches.run([send({} as string, 'c1')])).toEqual([expect.any(Error)]);
    expect([count('entries'), count('sends')]).toEqual([0, 0]);
    expect(batches.run([send('good', 'c1')])).toEqual([[1, 1, 1, 1, null]]);
  });

  it('a statement of Kysely’s that fails is that command’s own fault', () => {
    const insert: Command = ['sql', 'INSERT INTO blocks VALUES (?, ?, ?)', ['a', 'b', 1]];
    const [first, second, sent] = batches.run([insert, insert, send('after')]);
    expect([first, second]).toEqual([{ rows: [], changes: 1 }, expect.any(Error)]);
    expect(sent).toEqual([1, 1, 1, 1, null]);
    expect(count('blocks')).toBe(1);
  });

  it('R25 a store that cannot be written refuses all of a batch, and recovers by itself', () => {
    db.exec('PRAGMA query_only = ON');
    expect(batches.run([send('one'), send('two')])).toEqual(['storage_readonly', 'storage_readonly']);
    db.exec('PRAGMA query_only = OFF');
    expect(batches.run([send('one')])).toEqual([[1, 1, 1, 1, null]]);
  });

  it('R25 a failed sync is not retried', () => {
    const failing = failingOn(db, 'COMMIT', Object.assign(new Error('disk I/O error'), { errcode: 10 | (4 << 8) }));
    expect(() => new Batches(failing).run([send('one')])).toThrow(FatalStoreError);
  });

  it('R25 a store that is full at the commit keeps nothing of the batch', () => {
    const failing = failingOn(db, 'COMMIT', Object.assign(new Error('database or disk is full'), { errcode: 13 }));
    expect(new Batches(failing).run([send('one'), send('two')])).toEqual(['storage_full', 'storage_full']);
    expect(count('entries')).toBe(0);
  });
});

/** The same database, where one statement fails when it runs. */
function failingOn(db: Sqlite, sql: string, error: Error): Sqlite {
  const fail = () => {
    throw error;
  };
  const prepare = (text: string) => {
    const statement = db.prepare(text);
    return text === sql ? Object.defineProperty(statement, 'run', { value: fail }) : statement;
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
