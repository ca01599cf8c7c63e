import type { Client, types } from 'cassandra-driver';
import type { Entry } from '../../ports/log.js';
import type { Meter } from '../../ports/meter.js';
import type { Archive, ArchiveRange } from '../archive.js';
import { inLanes } from '../in-lanes.js';
import { batchesOf, type Batch } from './batches.js';
import type { CassandraOptions } from '../options.js';
import { connect } from './connect.js';
import { migrate } from './migrate.js';
import { erase, foldedMutationsOf, mutationsOf, type Mutation } from './mutations.js';
import { ENTRY_COLUMNS, entryOf } from './rows.js';
import { bucketOf, BUCKET_SEQS } from './table.js';

/** How many statements one call of `write` has under way. */
const MAX_UNDER_WAY = 64;
/** How many rows come in one answer; more are fetched as they are needed. */
const FETCH_MAX_ROWS = 500;

const IN_PARTITION = 'FROM log_entries WHERE conversation_id = ? AND bucket = ? AND seq >= ? AND seq <= ?';
const NEWEST_FIRST = `SELECT ${ENTRY_COLUMNS} ${IN_PARTITION} ORDER BY seq DESC, message_id DESC`;
const OLDEST_FIRST = `SELECT ${ENTRY_COLUMNS} ${IN_PARTITION} ORDER BY seq ASC, message_id ASC`;
const DELETED_AT = 'SELECT deleted_at FROM log_entries WHERE conversation_id = ? AND bucket = ? AND seq = ? AND message_id = ?';
const ANY = 'SELECT conversation_id FROM log_entries LIMIT 1';
const EDITS_OF = 'SELECT seq, message_id FROM edits WHERE conversation_id = ? AND target_id = ?';

/** Brings the ring up to date and opens it. `warn` is told what of it puts messages at risk. */
export async function openCassandraArchive(
  options: CassandraOptions,
  meter: Meter,
  warn: (warning: string) => void,
): Promise<Archive> {
  for (const warning of await migrate(options)) warn(warning);
  return new CassandraArchive(await connect(options, options.keyspace), meter);
}

/**
 * The archive on Cassandra. A page of up to `BUCKET_SEQS` entries touches two partitions at most, wherever in the chat
 * it is, and none is ever scanned whole.
 */
export class CassandraArchive implements Archive {
  readonly #client: Client;
  readonly #meter: Meter | null;

  /** `client` is connected to the keyspace, and is closed with the archive. */
  constructor(client: Client, meter: Meter | null = null) {
    this.#client = client;
    this.#meter = meter;
  }

  /** Rejects with the first failure, and then starts nothing more. What was written until then may stay: it is identical. */
  async write(entries: readonly Entry[]): Promise<void> {
    await this.#run(entries.flatMap(mutationsOf));
    const erasures: Mutation[] = [];
    const changes = entries.filter(({ kind }) => kind === 'edit' || kind === 'delete');
    await inLanes(changes, MAX_UNDER_WAY, async (change) => {
      erasures.push(...(await this.#erasures(change)));
    });
    await this.#run(erasures);
  }

  /** Writes a log that is moved here: all of its entries come so, with what became of each folded in. */
  async writeFolded(entries: readonly Entry[]): Promise<void> {
    await this.#run(entries.flatMap(foldedMutationsOf));
  }

  /** True: no entry is here. */
  async isEmpty(): Promise<boolean> {
    return (await this.#client.execute(ANY)).rows.length === 0;
  }

  /**
   * Seqs are dense, so the `limit` entries at one end of the range are its last `limit` seqs: only there it looks. In the
   * order asked for. Where a seq came twice (R5) both are there, in excess of `limit`, the one made later being the newer.
   */
  async read({ conversationId, from, to, limit, newestFirst }: ReadQuery): Promise<Entry[]> {
    const first = newestFirst ? Math.max(from, to - limit + 1) : from;
    const last = newestFirst ? to : Math.min(to, from + limit - 1);
    const buckets = bucketsOf(first, last);
    if (newestFirst) buckets.reverse();
    const query = newestFirst ? NEWEST_FIRST : OLDEST_FIRST;
    const parts = await Promise.all(
      buckets.map((bucket) => this.#rows(query, [conversationId, bucket, BigInt(first), BigInt(last)])),
    );
    const entries = parts.flat().map(entryOf);
    return inOrder(
      entries.filter((entry) => entry !== null),
      newestFirst,
    );
  }

  /** Asks for a partition that is always empty, so that as many nodes must answer as for a page. */
  async check(): Promise<void> {
    await this.#rows(NEWEST_FIRST, ['', 0, 0n, 0n]);
  }

  async close(): Promise<void> {
    await this.#client.shutdown();
  }

  /**
   * What an edit said is gone once its target is deleted. An edit first writes itself into the index and then looks
   * whether its target is deleted; a deletion first writes itself to the target and then looks into the index: whichever
   * comes last, of two that meet each other too, sees the other, because a quorum wrote it and a quorum is asked.
   */
  async #erasures(entry: Entry): Promise<Mutation[]> {
    const target = entry.detail?.target;
    if (target === undefined) return [];
    const { conversationId, createdAt } = entry;
    if (entry.kind === 'edit') {
      const key = [conversationId, bucketOf(target.seq), BigInt(target.seq), target.messageId];
      const [row] = await this.#rows(DELETED_AT, key);
      const deletedAt = row?.['deleted_at'] as Date | null | undefined;
      return deletedAt ? [erase(entry, deletedAt.getTime())] : [];
    }
    const edits = await this.#rows(EDITS_OF, [conversationId, target.messageId]);
    return edits.map((row) => {
      const place = { conversationId, seq: Number(row['seq']), messageId: row['message_id'] as string };
      return erase(place, createdAt);
    });
  }

  async #run(mutations: Mutation[]): Promise<void> {
    await inLanes(batchesOf(mutations), MAX_UNDER_WAY, (batch) => this.#store(batch));
  }

  async #store(batch: Batch): Promise<void> {
    const [{ query, params }, ...more] = batch;
    this.#meter?.count('archive_requests');
    this.#meter?.count('archive_rows', batch.length);
    if (more.length === 0) await this.#client.execute(query, params);
    else await this.#client.batch(batch, { logged: false });
  }

  async #rows(query: string, params: unknown[]): Promise<types.Row[]> {
    const result = await this.#client.execute(query, params, { fetchSize: FETCH_MAX_ROWS });
    if (!result.pageState) return result.rows;
    const rows: types.Row[] = [];
    for await (const row of result) rows.push(row);
    return rows;
  }
}

type ReadQuery = ArchiveRange & { limit: number; newestFirst: boolean };

function bucketsOf(first: number, last: number): number[] {
  const buckets: number[] = [];
  for (let bucket = bucketOf(first); bucket * BUCKET_SEQS <= last; bucket += 1) buckets.push(bucket);
  return buckets;
}

/** Rows come by seq; those of one seq by their ids, which tell the time only as well as the clocks of their servers. */
function inOrder(entries: Entry[], newestFirst: boolean): Entry[] {
  const sign = newestFirst ? -1 : 1;
  return entries.sort((a, b) => sign * (a.seq - b.seq || a.createdAt - b.createdAt));
}
