import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../server/src/embedded/sqlite.js';
import { Account } from '../world/accounts.js';
import { login } from '../world/http.js';
import { failedStart } from '../world/process.js';
import { startServer } from '../world/server.js';
import { contents, say } from '../world/talk.js';
import { reportOf, rowCounts, run, withFolder } from './tool.js';

const SEED = ['chats', '--count', '6', '--messages', '4'];

/** Made once: a seeded store in `old`, and its export in `out`. */
let made = '';
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'parley-move-'));
  await run('seed', made, SEED, { DATA_DIR: join(made, 'old') });
  await run('make-admin', made, ['user1'], { DATA_DIR: join(made, 'old') });
  const ran = await exported(made, 'old', 'out');
  if (ran.code !== 0) throw new Error(`no export: ${ran.err}`);
});
afterAll(() => rm(made, { recursive: true, force: true }));

/** A folder with both, for one test. */
function withExport(use: (folder: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await cp(made, folder, { recursive: true });
    await use(folder);
  });
}

const exported = (folder: string, dataDir: string, to: string, ...more: string[]) =>
  run('move', folder, ['export', '--to', join(folder, to), ...more], { DATA_DIR: join(folder, dataDir) });

const imported = (folder: string, from: string, dataDir: string) =>
  run('move', folder, ['import', '--from', join(folder, from)], { DATA_DIR: join(folder, dataDir) });

async function change(dataDir: string, sql: string): Promise<void> {
  const db = await openSqlite(join(dataDir, 'parley.db'), []);
  db.exec(sql);
  db.close();
}

describe('R26 a store that is moved', () => {
  test('is the same in the other place; again, and there is nothing to do', () =>
    withExport(async (folder) => {
      const first = await imported(folder, 'out', 'new');
      expect(first).toMatchObject({ code: 0, err: '' });
      expect(reportOf(first)).toMatch(/^entries +24 +24 +[0-9a-f]{16} +the same$/m);
      expect(reportOf(first)).toContain('Every log is whole, from 1 to its last seq: 24 entries in 6 conversations.');
      expect(reportOf(first)).not.toContain('DIFFERS');
      expect(await rowCounts(join(folder, 'new'))).toMatchObject({ ...(await rowCounts(join(folder, 'old'))), imports: 1 });
      expect(await rowCounts(join(folder, 'new'))).toMatchObject({ accounts: 4, audit_log: 1 });
      expect((await imported(folder, 'out', 'new')).out).toContain('nothing to do');
      // Who holds it has password hashes.
      const { mode } = await stat(join(folder, 'out', 'accounts-0001.ndjson.gz'));
      expect(mode & 0o077).toBe(0);
    }));

  test('is copied as it is at that moment while a server has it, if that is asked for', async () => {
    const server = await startServer();
    onTestFinished(() => server.remove());
    const [ann, bob] = [await Account.register(server, 'ann'), await Account.register(server, 'bob')];
    await say(await ann.chat(), bob, 'before');
    await withFolder(async (folder) => {
      const out = join(folder, 'out');
      expect(await run('move', server.dataDir, ['export', '--to', out])).toMatchObject({
        code: 1,
        err: expect.stringMatching(/A server has .*left behind: stop it, and run this again\. .*--live/),
      });
      expect(await run('move', server.dataDir, ['export', '--to', out, '--live'])).toMatchObject({ code: 0 });
      await say(await ann.chat(), bob, 'after');
      expect(await imported(folder, 'out', 'new')).toMatchObject({ code: 0 });
      const copy = await startServer({ DATA_DIR: join(folder, 'new') });
      onTestFinished(() => copy.remove());
      const { token } = await login(copy.addresses.http, bob.username);
      const answer = await fetch(`${copy.addresses.http}/inbox`, { headers: { authorization: `Bearer ${token}` } });
      const { chats } = (await answer.json()) as { chats: { lastMessage: { content: string } }[] };
      expect(contents(chats.map(({ lastMessage }) => lastMessage))).toEqual(['before']);
    });
  });

  test('has no server before its import is finished, which goes on where it stopped', () =>
    withExport(async (folder) => {
      const report = reportOf(await imported(folder, 'out', 'new'));
      const dataDir = join(folder, 'new');
      // As if it had been killed in front of its last part.
      await change(dataDir, 'UPDATE imports SET finished_at = NULL, parts_done = parts_done - 1; DELETE FROM entries');
      expect(await failedStart(dataDir)).toMatchObject({
        code: 1,
        said: expect.stringMatching(/import of export \S+ is not fini/),
      });
      const again = await imported(folder, 'out', 'new');
      expect(again.out).toMatch(/going on after part \d+ of \d+/);
      expect(reportOf(again)).toBe(report);
    }));
});

describe('R26 an import refuses', () => {
  const refuses = async (folder: string, word: RegExp) => {
    expect(await imported(folder, 'out', 'new')).toMatchObject({ code: 1, err: expect.stringMatching(word) });
    expect(existsSync(join(folder, 'new'))).toBe(false);
  };
  const entries = (folder: string) => join(folder, 'out', 'entries-0001.ndjson.gz');

  test('a file that was changed, cut off or lost, by its name and before anything is written', () =>
    withExport(async (folder) => {
      const whole = await readFile(entries(folder));
      const doctored = gunzipSync(whole).toString().replace('"seq":1,', '"seq":2,');
      await writeFile(entries(folder), gzipSync(doctored));
      await refuses(folder, /entries-0001\.ndjson\.gz is not whole, or was changed/);
      await writeFile(entries(folder), whole);
      await truncate(entries(folder), whole.length - 1);
      await refuses(folder, /entries-0001\.ndjson\.gz is not whole, or was changed/);
      await rm(entries(folder));
      await refuses(folder, /entries-0001\.ndjson\.gz is missing/);
    }));

  test('a manifest that is none', () =>
    withExport(async (folder) => {
      const path = join(folder, 'out', 'manifest.json');
      const manifest = await readFile(path, 'utf8');
      await writeFile(path, manifest.slice(0, -10));
      await refuses(folder, /manifest\.json is not whole, or was changed/);
      await writeFile(path, manifest.replace('"rows": 24', '"rows": 23'));
      await refuses(folder, /manifest\.json was changed: its parts do not have as many rows of entries/);
      await writeFile(path, manifest.replace('"version": 1', '"version": 2'));
      await refuses(folder, /has version 2 of the format, and this Parley reads version 1/);
      await rm(path);
      await refuses(folder, /There is no export in .*out/);
    }));

  test('a store that is not empty, or has begun with another export', () =>
    withExport(async (folder) => {
      expect(await imported(folder, 'out', 'old')).toMatchObject({ code: 1, err: expect.stringContaining('already') });
      await imported(folder, 'out', 'new');
      await change(join(folder, 'new'), 'UPDATE imports SET finished_at = NULL');
      await exported(folder, 'old', 'other');
      expect(await imported(folder, 'other', 'new')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/Another export, \S+, was imported .* not to its end/),
      });
    }));

  test('to finish when what it reads back is not what was exported', () =>
    withExport(async (folder) => {
      const dataDir = join(folder, 'new');
      const found = async (sql: string) => {
        await rm(dataDir, { recursive: true, force: true });
        await imported(folder, 'out', 'new');
        await change(dataDir, `UPDATE imports SET finished_at = NULL; ${sql}`);
        const ran = await imported(folder, 'out', 'new');
        expect(ran.code).toBe(1);
        expect(await failedStart(dataDir)).toMatchObject({ code: 1 });
        return ran;
      };
      const moved = await found('UPDATE memberships SET read_seq = 1 WHERE rowid = 1');
      expect(reportOf(moved)).toMatch(/^memberships .* DIFFERS from [0-9a-f]{16}$/m);
      expect(moved.err).toContain('memberships');
      const shorter = await found('DELETE FROM entries WHERE seq = 4 AND rowid = (SELECT max(rowid) FROM entries)');
      expect(shorter.err).toContain('The logs are not whole: there are 23 entries, and should be 24.');
    }));
});

describe('R26 an export', () => {
  test('needs an empty folder, and is not one before it is whole', () =>
    withExport(async (folder) => {
      expect(await exported(folder, 'old', 'out')).toMatchObject({ code: 1, err: expect.stringContaining('out is not empty') });
      await mkdir(join(folder, 'again.partial'));
      await writeFile(join(folder, 'again.partial', 'accounts-0001.ndjson.gz'), 'of one that was killed');
      expect(await exported(folder, 'old', 'again')).toMatchObject({ code: 0 });
      const names = await readdir(join(folder, 'out'));
      expect(await readdir(join(folder, 'again'))).toEqual(names);
      expect(existsSync(join(folder, 'again.partial'))).toBe(false);
    }));

  test('finds a hole in a log, and is not made', () =>
    withExport(async (folder) => {
      await change(
        join(folder, 'old'),
        'DELETE FROM entries WHERE seq = 2 AND rowid = (SELECT min(rowid) FROM entries WHERE seq = 2)',
      );
      const ran = await exported(folder, 'old', 'again');
      expect(ran).toMatchObject({
        code: 1,
        err: expect.stringMatching(/log of conversation \S+ is not whole: entry 2 is missing/),
      });
      expect(existsSync(join(folder, 'again'))).toBe(false);
    }));

  test('says what there is not', () =>
    withFolder(async (folder) => {
      expect(await exported(folder, 'nothing', 'out')).toMatchObject({
        code: 1,
        err: expect.stringContaining('There is no store'),
      });
      const help = await run('move', folder, ['export', '--help']);
      expect(help).toMatchObject({ code: 0, out: expect.stringContaining('npm run export -- --to <folder>') });
      const nowhere = await run('move', folder, ['import']);
      expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining("required option '--from <folder>'") });
    }));
});
