import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CassandraArchive } from '../../cluster/cassandra/archive.js';
import { connect } from '../../cluster/cassandra/connect.js';
import { migrate as migrateCassandra } from '../../cluster/cassandra/migrate.js';
import type { ClusterOptions } from '../../cluster/options.js';
import { clientConfig } from '../../cluster/postgres/connections.js';
import { migrate as migratePostgres } from '../../cluster/postgres/migrations.js';
import { RedisConnections } from '../../cluster/redis/connect.js';
import { doubtExistence } from '../../cluster/redis/existence-filter.js';
import { Keys } from '../../cluster/redis/keys.js';
import { processRuntime } from '../../host/runtime.js';
import type { Entry } from '../../ports/log.js';
import { begunOf, type ImportRow } from './begun.js';
import { ClusterSource } from './cluster-source.js';
import { columnsOf, type Kind, type Rows } from './kinds.js';
import type { Begun, Source, Target } from './stores.js';

const REDIS_WITHIN_MS = 5_000;
const ARCHIVE_TRIES = 6;
const ARCHIVE_PAUSE_MS = 1_000;
const SERVERS_TRIES = 10;
const SERVERS_PAUSE_MS = 100;
const DAY_MS = 86_400_000;

const SERVERS = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'parley' AND pid <> pg_backend_pid()`;
const LOCK = "SELECT pg_try_advisory_lock(hashtextextended('parley import', 0)) AS got";
const IS_FULL = 'SELECT EXISTS (SELECT FROM accounts) OR EXISTS (SELECT FROM conversations) AS is_full';
/** One message of each conversation is enough: the newest that came. It counts if it is the newest of all. */
const SET_LAST_MESSAGES = `UPDATE conversations c SET last_message = its.message
  FROM json_to_recordset($1) AS its(id text, seq bigint, message text) WHERE c.id = its.id AND c.last_message_seq = its.seq`;
const MAKE_SENDS_PARTITION = `SELECT make_partition('sends',
    'sends_' || to_char(to_timestamp(day / 1000) AT TIME ZONE 'UTC', 'YYYY_MM_DD'), day, day + ${DAY_MS}, 'fillfactor = 100')
  FROM (SELECT $1::bigint AS day) its`;

/**
 * The empty databases of a cluster. The log goes into the archive at once and not into the journal, which is for what the
 * archive may lack: a seq that is not in the journal is looked for in the archive, whatever its age.
 */
export class ClusterTarget implements Target {
  readonly about: string;
  readonly #keyspace: string;
  readonly #client: Client;
  readonly #archive: CassandraArchive;
  readonly #redis: RedisConnections;
  #exportId = '';

  private constructor(options: ClusterOptions, client: Client, archive: CassandraArchive, redis: RedisConnections) {
    const { host, pathname } = new URL(options.postgres.url);
    this.#keyspace = options.cassandra.keyspace;
    this.about = `the cluster of PostgreSQL ${host}${pathname} and Cassandra keyspace ${this.#keyspace}`;
    this.#client = client;
    this.#archive = archive;
    this.#redis = redis;
  }

  /** Migrates both databases if need be, and connects to all three services. Rejects while a server is connected. */
  static async open(options: ClusterOptions): Promise<ClusterTarget> {
    const redis = new RedisConnections(options.redis, processRuntime, () => {});
    const client = new Client({
      ...clientConfig(options.postgres.url),
      application_name: 'parley import',
      statement_timeout: 0,
      query_timeout: 0,
      idle_in_transaction_session_timeout: 0,
    });
    client.on('error', () => {}); // Told by the query that fails.
    try {
      if (!(await redis.ready(REDIS_WITHIN_MS)))
        throw new Error('Redis cannot be reached: see the settings that begin with REDIS_.');
      await client.connect();
      await refuseServers(client);
      await migratePostgres(options.postgres.url);
      const { cassandra } = options;
      await migrateCassandra(cassandra);
      const archive = new CassandraArchive(await connect(cassandra, cassandra.keyspace));
      return new ClusterTarget(options, client, archive, redis);
    } catch (error) {
      redis.close();
      await client.end();
      throw error;
    }
  }

  async begin(exportId: string): Promise<Begun> {
    this.#exportId = exportId;
    const { rows: locked } = await this.#client.query<{ got: boolean }>(LOCK);
    if (locked[0]?.got !== true) throw new Error(`Another import into ${this.about} is under way.`);
    const begun = await this.#begun();
    if (begun !== null) return begun;
    await this.#client.query('INSERT INTO imports (export_id, started_at, parts_done) VALUES ($1, clock_ms(), 0)', [exportId]);
    // A server that started just before has not seen that row, but is seen here.
    await refuseServers(this.#client).catch(async (error: unknown) => {
      await this.#client.query('DELETE FROM imports WHERE export_id = $1', [exportId]);
      throw error;
    });
    return { partsDone: 0, finishedAt: null };
  }

  async write<K extends Kind>(kind: K, rows: Rows[K][], partsDone: number): Promise<void> {
    if (kind === 'sends') await this.#makePartitions(rows as Rows['sends'][]);
    if (kind === 'entries') await this.#archiveAll(rows as Entry[]);
    await this.#client.query('BEGIN');
    try {
      if (kind === 'entries') await this.#client.query(SET_LAST_MESSAGES, [JSON.stringify(newestOf(rows as Entry[]))]);
      else await this.#client.query(insertOf(kind), [JSON.stringify(rows)]);
      await this.#client.query('UPDATE imports SET parts_done = $1 WHERE export_id = $2', [partsDone, this.#exportId]);
      await this.#client.query('COMMIT');
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {}); // The error is what counts.
      throw error;
    }
  }

  read(): Promise<Source> {
    return ClusterSource.open(this.about, this.#client, this.#archive);
  }

  /** Without statistics the planner guesses wrong on tables that were empty before; and Redis may say that nobody is here. */
  async finish(): Promise<void> {
    await this.#client.query('ANALYZE');
    await doubtExistence(this.#redis, new Keys(this.#redis.prefix));
    await this.#client.query('UPDATE imports SET finished_at = clock_ms() WHERE export_id = $1', [this.#exportId]);
  }

  async close(): Promise<void> {
    this.#redis.close();
    await this.#client.end();
    await this.#archive.close();
  }

  async #begun(): Promise<Begun | null> {
    const { rows: imports } = await this.#client.query<ImportRow>('SELECT export_id, parts_done, finished_at FROM imports');
    const { rows } = await this.#client.query<{ is_full: boolean }>(IS_FULL);
    const begun = begunOf(this.about, { exportId: this.#exportId, imports, isEmpty: rows[0]?.is_full === false });
    if (begun === null && !(await this.#archive.isEmpty())) {
      throw new Error(
        `There are entries in Cassandra keyspace ${this.#keyspace}, of another installation or an earlier try: ` +
          'drop it, or set CASSANDRA_KEYSPACE to a new one.',
      );
    }
    return begun;
  }

  async #makePartitions(sends: Rows['sends'][]): Promise<void> {
    const days = new Set(sends.map(({ created_at }) => Math.floor(created_at / DAY_MS) * DAY_MS));
    for (const day of days) await this.#client.query(MAKE_SENDS_PARTITION, [day]);
  }

  /** Writing again writes the same, so a ring that is busy for a while is waited for. */
  async #archiveAll(entries: Entry[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#archive.writeFolded(entries);
      } catch (error) {
        if (tries === ARCHIVE_TRIES) throw error;
        await sleep(ARCHIVE_PAUSE_MS * tries);
      }
    }
  }
}

/** The sessions of a server that has just ended are there a moment longer. */
async function refuseServers(client: Client): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { rows } = await client.query<{ count: number }>(SERVERS);
    if (rows[0]?.count === 0) return;
    if (tries === SERVERS_TRIES) throw new Error('A server is connected to this database: stop all of them, and run this again.');
    await sleep(SERVERS_PAUSE_MS);
  }
}

function insertOf(kind: Kind): string {
  const columns = columnsOf(kind).join();
  return `INSERT INTO ${kind} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${kind}, $1)`;
}

/** Of each conversation the newest message among these, as its row has it. */
function newestOf(entries: Entry[]): { id: string; seq: number; message: string }[] {
  const newest = new Map<string, Entry>();
  for (const entry of entries) if (entry.kind === 'message') newest.set(entry.conversationId, entry);
  return [...newest.values()].map((entry) => {
    const { conversationId, seq, ordinal, messageId, senderId, createdAt, content, clientId, editedAt, deletedAt } = entry;
    const message = JSON.stringify([seq, ordinal, messageId, senderId, createdAt, content, clientId, editedAt, deletedAt]);
    return { id: conversationId, seq, message };
  });
}
