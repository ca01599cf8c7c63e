import { expect, it } from 'vitest';
import { Pulse } from './pulse.js';
import { hasPostgres, TemporaryDatabase, until } from './temporary.contract.js';

const OURS = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%store_checks%' AND pid <> pg_backend_pid()`;

it.runIf(hasPostgres)('D11 a connection that broke while nobody asked is no sign that PostgreSQL is away', async () => {
  const database = await TemporaryDatabase.make();
  await (await database.open()).close();
  const pulse = new Pulse(database.url);
  await pulse.beat();
  expect(await database.query(`SELECT pg_terminate_backend(pid) ${OURS}`)).toHaveLength(1);
  await until(async () => (await database.query(`SELECT ${OURS}`)).length === 0);
  await pulse.beat();
  await pulse.close();
  await database.drop();
});
