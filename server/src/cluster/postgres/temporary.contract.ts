import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { inject } from 'vitest';
import { processRuntime } from '../../host/runtime.js';
import type { Logger } from '../../ports/logger.js';
import type { Meter } from '../../ports/meter.js';
import { Stage, type OpenStores } from '../../ports/stage.contract.js';
import { ArchiveForTests } from './archive-for-tests.contract.js';
import { openPostgres, type PostgresStores, type PostgresStoresOptions } from './open.js';

/** Of a user who may create databases; null: this run has no PostgreSQL. */
const URL_OF_SERVER = inject('postgres') ?? process.env['POSTGRES_URL'] ?? null;

/** Where there is none, tests are skipped; whether that is an error is said where the services are brought up. */
export const hasPostgres = URL_OF_SERVER !== null;
if (!hasPostgres) process.stdout.write('Skipped: this run has no PostgreSQL.\n');

const KEPT_MS = 100;

export const silentMeter: Meter = { count: () => {}, time: () => {}, set: () => {} };
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

/** A database of a test's own. */
export class TemporaryDatabase {
  readonly url: string;
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
    const url = new URL(URL_OF_SERVER ?? '');
    url.pathname = `/${name}`;
    this.url = url.href;
  }

  static async make(): Promise<TemporaryDatabase> {
    const database = new TemporaryDatabase(`parley_test_${randomUUID().replaceAll('-', '')}`);
    await query(URL_OF_SERVER ?? '', `CREATE DATABASE ${database.#name}`);
    return database;
  }

  query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.url, text, values);
  }

  /** What the database's clock says from now on, as SQL. */
  async setClock(expression: string): Promise<void> {
    await this.query(
      `CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT (${expression})::bigint $$`,
    );
  }

  open(more: Partial<PostgresStoresOptions> = {}): Promise<PostgresStores> {
    return openPostgres({
      url: this.url,
      lanes: 2,
      connections: 6,
      journalKeptMs: 7_200_000,
      runtime: processRuntime,
      meter: silentMeter,
      logger: silentLogger,
      archive: new ArchiveForTests(this.url),
      bootId: randomUUID(),
      ...more,
    });
  }

  /** Takes from the journal what the archive has, as if it were hours later. */
  async forget(olderThanMs = 0): Promise<void> {
    await this.query(
      `DELETE FROM journal j USING archive_for_tests a WHERE a.conversation_id = j.conversation_id AND a.seq = j.seq
       AND a.entry IS NOT NULL AND j.created_at <= clock_ms() - ${olderThanMs}`,
    );
  }

  async drop(): Promise<void> {
    await query(URL_OF_SERVER ?? '', `DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

async function query<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Two servers on one database, for the contract suites. */
export const openForContract: OpenStores = () => openTwo(false);

/** The same with a journal that keeps next to nothing: what is read comes from the archive. */
export const openForgetful: OpenStores = () => openTwo(true);

/** Two servers on a database that the test reaches too. */
export class TwoServers {
  readonly stage: Stage;
  #opened: Awaited<ReturnType<typeof openTwo>> | undefined;

  constructor() {
    this.stage = new Stage(async () => (this.#opened = await openTwo(false)));
  }

  get nodes(): [PostgresStores, PostgresStores] {
    return this.#there.nodes;
  }

  get database(): TemporaryDatabase {
    return this.#there.database;
  }

  get #there() {
    if (this.#opened === undefined) throw new Error('the stage is not set yet');
    return this.#opened;
  }
}

async function openTwo(isForgetful: boolean) {
  const database = await TemporaryDatabase.make();
  const archive = new ArchiveForTests(database.url);
  await archive.check();
  const nodes = await Promise.all([database.open({ archive }), database.open({ archive })]);
  const forgetting = isForgetful ? new Forgetting(database) : null;
  return {
    database,
    nodes,
    close: async () => {
      await forgetting?.stop();
      await Promise.all(nodes.map((node) => node.close()));
      await archive.close();
      await database.drop();
    },
  };
}

/** Makes the journal forget again and again. What a call has just read is kept a little, as it is for hours in truth. */
class Forgetting {
  readonly #done: Promise<void>;
  #isStopped = false;

  constructor(database: TemporaryDatabase) {
    this.#done = this.#run(database);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(database: TemporaryDatabase): Promise<void> {
    while (!this.#isStopped) {
      await database.forget(KEPT_MS);
      await sleep(5);
    }
  }
}

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  for (const startedAt = Date.now(); !(await isSo());) {
    if (Date.now() - startedAt > withinMs) throw new Error('it did not become so in time');
    await sleep(10);
  }
}
