import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase, freshPrefix } from '../world/fresh.js';
import { chatOf, pairOn } from '../world/pair.js';
import { shows } from '../world/people.js';
import { failedStart, spawnServers } from '../world/process.js';

const ran = (step: string) => `INSERT INTO kysely_migration (name, timestamp) VALUES ('${step}', '2030-01-01T00:00:00.000Z')`;

async function fresh() {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const env = { POSTGRES_URL: database.url, REDIS_PREFIX: freshPrefix(), JWT_SECRET: 'the same for all of these processes' };
  return { database, env };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'parley-versions-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a build goes on beside a newer schema that only adds, and starts on it; not on one that took away what it needs', async () => {
  const { database, env } = await fresh();
  const { addresses, nodes } = await spawnServers(env, env);
  await database.run(`ALTER TABLE accounts ADD COLUMN nickname text; ${ran('0098_add_nicknames')}`);
  const pair = await pairOn({ addresses, nodes });

  const later = await spawnServers(env, env);
  const anns = await pair.ann.device({ chatUrl: later.addresses.chat });
  await anns.sendTo(pair.bob.username, 'from a process that started later').sent;
  await shows(pair.bobs, () => chatOf(pair), ['hello', 'from a process that started later']);

  // Those that run are of a release that has to be gone by then; one that starts finds out.
  await database.run(ran('0099_drop_usernames_after_0098'));
  const { code, said } = await failedStart(await folder(), env);
  expect(code).toBe(1);
  expect(said).toContain(
    'Parley cannot start: the database has had step 0099_drop_usernames_after_0098: it needs a build that knows step 0098',
  );
});

test('a build that may not bring an older schema up to date does not start, and says what is missing and what to do', async () => {
  const { database } = await fresh();
  const role = `reader_${database.name}`;
  await database.run(`CREATE ROLE ${role} LOGIN PASSWORD 'reads'`);
  onTestFinished(() => database.run(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'reads'];
  const { code, said } = await failedStart(await folder(), { POSTGRES_URL: url.href });
  expect(code).toBe(1);
  expect(said).toMatch(
    /^Parley cannot start: the database is too old for this build: it lacks 0001_initial(?:, \w+)*, which failed \(permission denied for schema public\)\. As the owner of the database: npm run db:migrate$/m,
  );
});
