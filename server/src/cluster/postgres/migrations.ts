import { Kysely, Migrator, PostgresDialect, sql, type Migration } from 'kysely';
import { Client } from 'pg';
import {
  addClosing,
  addOperators,
  addSettings,
  createConversations,
  createImports,
  createOffline,
  createPeople,
} from '../../sql/migrations.js';
import type { Database } from '../../sql/schema.js';
import { newerSteps } from '../../sql/steps.js';
import {
  APPEND_CHANGE,
  APPEND_CHANGES,
  APPEND_ENTRIES,
  APPEND_SENDS,
  APPLY_MEMBERS,
  CREATE_GROUP,
  REFUSAL_TO_REVISE,
  REVISE,
  TICK,
} from './append.sql.js';
import { clientConfig } from './connections.js';
import { MOVE_CURSORS } from './cursors.sql.js';
import { BLOCKS_BETWEEN, NOTE_MISSED, OPEN_DIRECT, REBUILD_MISSED, SET_BLOCK } from './pairs.sql.js';
import { PARTITIONS } from './partitions.sql.js';

/** Held while migrating; session locks of one number are apart from those of two. */
const MIGRATING = 5_218_806_113;

/** Forward only: a step that has been released is never changed, only followed by another. */
const migrations: Record<string, Migration> = {
  '0001_initial': {
    async up(db: Kysely<Database>) {
      await createPeople(db);
      await createConversations(db);
      await createOffline(db);
      await compareByBytes(db, '%');
      for (const statement of [...HOT_ROWS, ...LOG_TABLES, CLOCK, ...PARTITIONS, ...FUNCTIONS])
        await sql.raw(statement).execute(db);
      await sql`SELECT make_partitions(clock_ms())`.execute(db);
    },
  },
  '0002_imports': {
    async up(db: Kysely<Database>) {
      await createImports(db);
      // Rewritten since: in a new database they are there already, and the same.
      for (const statement of [ACCOUNTS_ROWS, ...PARTITIONS, ...FUNCTIONS]) await sql.raw(statement).execute(db);
    },
  },
  '0003_settings': { up: addSettings },
  '0004_closing': {
    async up(db: Kysely<Database>) {
      await addClosing(db);
      await sql.raw(OPEN_DIRECT).execute(db);
    },
  },
  '0005_operators': {
    async up(db: Kysely<Database>) {
      await addOperators(db);
      await compareByBytes(db, 'audit_log');
    },
  },
  '0006_colours': {
    async up(db: Kysely<Database>) {
      await sql`ALTER TABLE accounts ADD COLUMN colour text COLLATE "C"`.execute(db);
    },
  },
};

/** Text sorts as on SQLite, by its bytes: the order of names and ids is the same everywhere, and indexes are cheaper. */
const compareByBytes = (db: Kysely<Database>, tables: string) =>
  sql`DO $$
    DECLARE
      its record;
    BEGIN
      FOR its IN SELECT c.table_name, c.column_name FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = current_schema() AND c.data_type = 'text' AND c.table_name LIKE ${sql.lit(tables)}
          AND c.table_name NOT LIKE 'kysely%'
      LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE text COLLATE "C"', its.table_name, its.column_name);
      END LOOP;
    END $$`.execute(db);

/**
 * Rows that each message writes over: room beside them and no index on what changes keeps the new version on the same
 * page, with nothing written to indexes (HOT). \`last_message\` is the newest message, for inboxes: the archive is never
 * asked once for each conversation.
 */
const HOT_ROWS = [
  `ALTER TABLE conversations ADD COLUMN last_message text COLLATE "C"`,
  `ALTER TABLE conversations SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
  `ALTER TABLE memberships SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
  `ALTER TABLE offline_messages SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)`,
];

/** When somebody was last seen is written again and again, and no index has it. */
const ACCOUNTS_ROWS = 'ALTER TABLE accounts SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)';

/**
 * The journal holds each entry until the archive has it. \`boot_id\` and \`n\` say which server appended it, as its how
 * manieth: for the archive's mark, and to find out about an append whose answer was lost.
 */
const LOG_TABLES = [
  `CREATE TABLE journal (
    conversation_id text COLLATE "C" NOT NULL, seq bigint NOT NULL, ordinal bigint NOT NULL, message_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL, sender_id text COLLATE "C" NOT NULL, created_at bigint NOT NULL, content text COLLATE "C" NOT NULL,
    detail text COLLATE "C", client_id text COLLATE "C", edited_at bigint, deleted_at bigint, target_seq bigint,
    members_version bigint NOT NULL, boot_id text COLLATE "C" NOT NULL, n bigint NOT NULL,
    PRIMARY KEY (conversation_id, seq, created_at)
  ) PARTITION BY RANGE (created_at)`,
  `CREATE INDEX journal_by_target ON journal (conversation_id, target_seq) WHERE target_seq IS NOT NULL`,
  `CREATE INDEX journal_by_boot ON journal (boot_id, n)`,
  `CREATE INDEX journal_by_time ON journal (created_at)`,
  `CREATE TABLE sends (
    conversation_id text COLLATE "C" NOT NULL, sender_id text COLLATE "C" NOT NULL, client_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL, ordinal bigint NOT NULL, message_id text COLLATE "C" NOT NULL, hash bigint NOT NULL, created_at bigint NOT NULL,
    PRIMARY KEY (conversation_id, sender_id, client_id, created_at)
  ) PARTITION BY RANGE (created_at)`,
  `CREATE TABLE archive_marks (
    boot_id text COLLATE "C" PRIMARY KEY, upto bigint NOT NULL, updated_at bigint NOT NULL
  )`,
];

/** The one clock of all servers, epoch ms. Tests put another in its place. */
const CLOCK = `CREATE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$`;

const FUNCTIONS = [
  APPEND_SENDS,
  APPEND_ENTRIES,
  REFUSAL_TO_REVISE,
  REVISE,
  APPLY_MEMBERS,
  APPEND_CHANGE,
  CREATE_GROUP,
  APPEND_CHANGES,
  MOVE_CURSORS,
  TICK,
  BLOCKS_BETWEEN,
  OPEN_DIRECT,
  SET_BLOCK,
  NOTE_MISSED,
  REBUILD_MISSED,
];

/**
 * Brings the database up to date. Any number of servers may start at once: one does it, the others wait and find it done.
 * A database that is ahead is taken as it is, if a build of this age may work beside it: so old and new servers run side
 * by side while one after the other is replaced.
 * Statistics are taken at the end: without any, the planner guesses wrong on every table that is still empty.
 */
export async function migrate(url: string): Promise<void> {
  const client = new Client({ ...clientConfig(url), statement_timeout: 0, lock_timeout: 0 });
  client.on('error', () => {}); // Told by the query that fails.
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATING]);
    const applied = await appliedIn(client);
    newerSteps(applied, Object.keys(migrations));
    const pending = Object.keys(migrations).filter((name) => !applied.includes(name));
    if (pending.length > 0) await run(client, pending);
  } finally {
    await client.end();
  }
}

async function appliedIn(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ there: boolean }>(`SELECT to_regclass('kysely_migration') IS NOT NULL AS there`);
  if (rows[0]?.there !== true) return [];
  return (await client.query<{ name: string }>('SELECT name FROM kysely_migration ORDER BY name')).rows.map(({ name }) => name);
}

async function run(client: Client, pending: string[]): Promise<void> {
  const pool = { connect: () => Promise.resolve(Object.assign(client, { release: () => {} })), end: () => Promise.resolve() };
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    const why = error instanceof Error ? error.message : 'for an unknown reason';
    throw new Error(
      `the database is too old for this build: it lacks ${pending.join(', ')}, which failed (${why}). As the owner of the database: npm run db:migrate`,
      { cause: error },
    );
  }
  await client.query('ANALYZE');
}
