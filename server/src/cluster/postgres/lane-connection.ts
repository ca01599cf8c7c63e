import { Client } from 'pg';
import type { Outcome } from './call.js';
import { clientConfig } from './connections.js';

const FENCE_RETRY_MS = 50;
const FENCE_TRIES = 40;
/** A connection that the network has lost never says that it is closed. */
const CLOSE_MAX_MS = 2_000;

/** One call of `tick`: the conversations concerned, and JSON of what there is of each kind. */
export interface Tick {
  ids: string[];
  sends: object[];
  changes: object[];
  moves: object[];
}
export interface TickOutcomes {
  sends: Outcome[];
  changes: Outcome[];
  moves: Outcome[];
}
type TickRow = [sent: Outcome[] | null, changed: Outcome[] | null, moved: Outcome[] | null];

/** Where an entry came to stand that this server appended as its `n`th. */
export type PlacedRow = [n: number, seq: number, ordinal: number, createdAt: number, membersVersion: number, messageId: string];

const TICK = { name: 'tick', text: 'SELECT sent, changed, moved FROM tick($1, $2, $3, $4, $5)', rowMode: 'array' as const };
const PLACED = {
  name: 'placed',
  text: `SELECT n, seq, ordinal, created_at, members_version, message_id FROM journal
    WHERE boot_id = $1 AND n BETWEEN $2 AND $3 ORDER BY n`,
  rowMode: 'array' as const,
};
const FENCE = `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AND pg_try_advisory_lock_shared(hashtextextended($2, 0))`;
/** Nobody but an earlier connection of this lane has the lane's lock. */
const END_PREDECESSOR = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)`;

/** What is acknowledged is on the disk (D1), whatever the database's default. */
const DURABLE = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

/** Held, shared, by every lane of a server: who gets it alone knows that none of its appends is under way any more. */
export const bootLock = (bootId: string) => `parley boot ${bootId}`;

/** What a lane needs of its connection. */
export type LaneWay = Pick<LaneConnection, 'open' | 'tick' | 'placed' | 'makePartitions' | 'drop' | 'close'>;

/**
 * The connection of a lane. A new one is not used before the last one's session has ended for certain: it takes a lock
 * that only the lane's own sessions take. So once it is there, whatever the last one did is committed or will never be,
 * and what it may have left in a buffer cannot be run later.
 *
 * This needs a session for each connection: a pooler in transaction mode between here and PostgreSQL would break it.
 */
export class LaneConnection {
  readonly #url: string;
  readonly #bootId: string;
  readonly #lock: string;
  readonly #sleep: (ms: number) => Promise<void>;
  #client: Client | null = null;
  #connecting: Promise<Client> | null = null;

  constructor(parts: { url: string; bootId: string; lane: number; sleep: (ms: number) => Promise<void> }) {
    this.#url = parts.url;
    this.#bootId = parts.bootId;
    this.#lock = `parley lane ${parts.bootId} ${parts.lane}`;
    this.#sleep = parts.sleep;
  }

  /** Connects if it is not connected. */
  async open(): Promise<void> {
    await this.#connected();
  }

  async tick({ ids, sends, changes, moves }: Tick): Promise<TickOutcomes> {
    const client = await this.#connected();
    const values = [ids, jsonOrNull(sends), jsonOrNull(changes), jsonOrNull(moves), this.#bootId];
    const { rows } = await client.query<TickRow>({ ...TICK, values });
    const [sent, changed, moved] = rows[0] ?? [null, null, null];
    return { sends: sent ?? [], changes: changed ?? [], moves: moved ?? [] };
  }

  /** Which of these running numbers have entries. */
  async placed(from: number, to: number): Promise<PlacedRow[]> {
    const client = await this.#connected();
    const { rows } = await client.query<PlacedRow>({ ...PLACED, values: [this.#bootId, from, to] });
    return rows;
  }

  /** Entries of that time had no partition. */
  async makePartitions(at: number | null): Promise<void> {
    const client = await this.#connected();
    await client.query('SELECT make_partitions(coalesce($1, clock_ms()))', [at]);
  }

  /** Whatever it does now, its outcome is not waited for. */
  drop(): void {
    const client = this.#client;
    this.#client = null;
    client?.end().catch(() => {}); // It is broken, or about to be.
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client !== null) await Promise.race([client.end(), this.#sleep(CLOSE_MAX_MS)]);
  }

  #connected(): Promise<Client> {
    if (this.#client !== null) return Promise.resolve(this.#client);
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = null));
    return this.#connecting;
  }

  async #connect(): Promise<Client> {
    const client = new Client(clientConfig(this.#url));
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
      await client.query(DURABLE);
      await this.#fence(client);
    } catch (error) {
      client.end().catch(() => {}); // The error is what counts.
      throw error;
    }
    this.#client = client;
    return client;
  }

  async #fence(client: Client): Promise<void> {
    for (let tries = 1; tries <= FENCE_TRIES; tries++) {
      const { rows } = await client.query<[boolean]>({
        text: FENCE,
        values: [this.#lock, bootLock(this.#bootId)],
        rowMode: 'array',
      });
      if (rows[0]?.[0] === true) return;
      await client.query(END_PREDECESSOR, [this.#lock]);
      await this.#sleep(FENCE_RETRY_MS);
    }
    throw new Error('an earlier connection of this lane does not end');
  }
}

const jsonOrNull = (rows: object[]) => (rows.length === 0 ? null : JSON.stringify(rows));
