import type { Client } from 'pg';
import type { CassandraArchive } from '../../cluster/cassandra/archive.js';
import { lastMessageOf } from '../../cluster/postgres/last-message.js';
import type { Entry } from '../../ports/log.js';
import { ahead } from './ahead.js';
import { columnsOf, KEYS, lineOf, type Kind, type Rows, type TableKind } from './kinds.js';
import type { Source } from './stores.js';

const FETCH_ROWS = 1_000;
/** Entries of one read of the archive, and reads at a time: together some 32 MB of the largest messages. */
const READ_ENTRIES = 250;
const READS_AT_ONCE = 8;

interface LogRow {
  id: string;
  last_seq: number;
  last_message_seq: number;
  last_message: string | null;
}
/** Some of a log, `from` to `to`, both included. */
interface Stretch {
  log: LogRow;
  from: number;
  to: number;
}

/** The databases of a cluster that no server writes to: PostgreSQL in one snapshot, and the archive behind it. */
export class ClusterSource implements Source {
  readonly about: string;
  readonly #client: Client;
  readonly #archive: CassandraArchive;

  private constructor(about: string, client: Client, archive: CassandraArchive) {
    this.about = about;
    this.#client = client;
    this.#archive = archive;
  }

  /** What it reads through belongs to the caller. */
  static async open(about: string, client: Client, archive: CassandraArchive): Promise<ClusterSource> {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return new ClusterSource(about, client, archive);
  }

  async count(kind: Kind): Promise<number> {
    const what = kind === 'entries' ? 'coalesce(sum(last_seq), 0)::bigint AS count FROM conversations' : `count(*) FROM ${kind}`;
    const { rows } = await this.#client.query<{ count: number }>(`SELECT ${what}`);
    return rows[0]?.count ?? 0;
  }

  async *rows<K extends Kind>(kind: K): AsyncIterable<Rows[K]> {
    yield* (kind === 'entries' ? this.#entries() : this.#table(kind as TableKind)) as AsyncIterable<Rows[K]>;
  }

  async close(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }

  #table(kind: TableKind): AsyncIterable<unknown> {
    return this.#all(kind, `SELECT ${columnsOf(kind).join()} FROM ${kind} ORDER BY ${KEYS[kind].join()}`);
  }

  async *#entries(): AsyncIterable<Entry> {
    for await (const entries of ahead(this.#stretches(), READS_AT_ONCE, (stretch) => this.#read(stretch))) yield* entries;
  }

  async *#stretches(): AsyncIterable<Stretch> {
    const logs = this.#all<LogRow>('logs', 'SELECT id, last_seq, last_message_seq, last_message FROM conversations ORDER BY id');
    for await (const log of logs) {
      for (let from = 1; from <= log.last_seq; from += READ_ENTRIES)
        yield { log, from, to: Math.min(from + READ_ENTRIES - 1, log.last_seq) };
    }
  }

  async #read({ log, from, to }: Stretch): Promise<Iterable<Entry>> {
    const found = await this.#archive.read({ conversationId: log.id, from, to, limit: to - from + 1, newestFirst: false });
    // Where a seq came twice (R5), the log has the one made later.
    const bySeq = new Map(found.map((entry) => [entry.seq, entry]));
    const newest = bySeq.get(log.last_message_seq);
    if (newest !== undefined) checkNewest(newest, log);
    return bySeq.values();
  }

  /** Row by row, for however many there are. */
  async *#all<Row extends object>(name: string, query: string): AsyncIterable<Row> {
    await this.#client.query(`DECLARE "all ${name}" NO SCROLL CURSOR FOR ${query}`);
    for (;;) {
      const { rows } = await this.#client.query<Row>(`FETCH ${FETCH_ROWS} FROM "all ${name}"`);
      yield* rows;
      if (rows.length < FETCH_ROWS) break;
    }
    await this.#client.query(`CLOSE "all ${name}"`);
  }
}

/** Inboxes show the newest message as its conversation has it. */
function checkNewest(entry: Entry, { id, last_message }: LogRow): void {
  const shown = lastMessageOf(id, last_message);
  if (shown !== null && lineOf('entries', shown) === lineOf('entries', entry)) return;
  throw new Error(`The newest message of conversation ${id} is not in PostgreSQL as it is in Cassandra.`);
}
