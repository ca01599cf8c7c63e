import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DirectoryLock } from '../../server/src/embedded/lock.js';
import { openSqlite } from '../../server/src/embedded/sqlite.js';
import { register } from '../world/http.js';
import { startServer } from '../world/server.js';
import { run, withFolder } from './tool.js';

const SCHEMA = join(import.meta.dirname, '../../server/src/sql/schema.ts');

describe('migrate', () => {
  test('makes a store, says what ran, and then that it is up to date; push is the same', () =>
    withFolder(async (folder) => {
      const first = await run('db', folder, ['migrate']);
      expect(first).toMatchObject({ code: 0, err: '' });
      expect(first.out).toContain('ran 0001_initial');
      const second = await run('db', folder, ['push']);
      expect(second).toMatchObject({ code: 0, err: '' });
      expect(second.out).toMatch(/this is db:migrate[^]*is up to date/);
    }));

  test('refuses while a server has a store that is not up to date', () =>
    withFolder(async (folder) => {
      const lock = await DirectoryLock.take(folder);
      try {
        expect(await run('db', folder, ['migrate'])).toMatchObject({
          code: 1,
          err: expect.stringMatching(/A server has .*0001_initial.* still to run: stop it/),
        });
      } finally {
        lock.release();
      }
    }));

  test('leaves a store of a newer version alone', () =>
    withFolder(async (folder) => {
      await run('db', folder, ['migrate']);
      const db = await openSqlite(join(folder, 'parley.db'), []);
      db.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999_later', '2030')");
      db.close();
      expect(await run('db', folder, ['migrate'])).toMatchObject({ code: 1, err: expect.stringContaining('9999_later') });
    }));
});

describe('generate', () => {
  test('the types and the migrations agree', () =>
    withFolder(async (folder) => {
      const ran = await run('db', folder, ['generate']);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.out).toContain('server/src/sql/schema.ts');
      expect(ran.out).toMatch(/agree: \d+ tables, \d+ columns/);
    }));

  test('where they do not, each difference is told', () =>
    withFolder(async (folder) => {
      const doctored = (await readFile(SCHEMA, 'utf8'))
        .replace('  last_seen: number | null;', '  last_seen: number;')
        .replace('  user_agent: string | null;\n', '')
        .replace('  store_checks: StoreChecksTable;', '  reactions: StoreChecksTable;');
      const schema = join(folder, 'schema.ts');
      await writeFile(schema, doctored);
      const ran = await run('db', folder, ['generate', '--schema', schema]);
      expect(ran.code).toBe(1);
      expect(ran.err.trim().split('\n').slice(1)).toEqual([
        '  accounts.last_seen: number in the types, number | null in the database',
        '  reactions: a table of the types, not of the database',
        '  sessions.user_agent: missing in the types, string | null in the database',
        '  store_checks: a table of the database, not of the types',
      ]);
    }));
});

describe('studio', () => {
  test('shows tables and rows while a server has the store, and no password hash', async () => {
    const server = await startServer();
    try {
      await register(server.addresses.http, 'ann');
      await register(server.addresses.http, 'bob');
      const tables = await run('db', server.dataDir, ['studio']);
      expect(tables).toMatchObject({ code: 0, err: '' });
      expect(tables.out).toMatch(/^accounts +2 +\d+ KiB$/m);
      const rows = await run('db', server.dataDir, ['studio', 'accounts', '--limit', '1']);
      expect(rows.out).toContain('bob');
      expect(rows.out).not.toContain('ann');
      expect(rows.out).toContain('1 of 2 rows');
      expect(rows.out).not.toMatch(/argon2|password/);
      expect((await run('db', server.dataDir, ['migrate'])).out).toContain('is up to date');
    } finally {
      await server.remove();
    }
  });

  test('says what there is not', () =>
    withFolder(async (folder) => {
      expect(await run('db', folder, ['studio'])).toMatchObject({ code: 1, err: expect.stringContaining('There is no store') });
      await run('db', folder, ['migrate']);
      expect(await run('db', folder, ['studio', 'secrets'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('There is no table secrets; there are accounts'),
      });
    }));
});
