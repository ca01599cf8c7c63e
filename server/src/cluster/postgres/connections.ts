import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Client, types, Pool, type ClientConfig, type PoolClient } from 'pg';
import { AppendRefused } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import { refusalOf, troubleOf } from './trouble.js';

const STATEMENT_TIMEOUT_MS = 4_000;
const LOCK_TIMEOUT_MS = 4_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** When the server has not even said that its own timeout struck, the connection is dead. */
const ANSWER_TIMEOUT_MS = 6_000;
const WAITING_MAX = 2_000;
const WAITING_MAX_MS = 5_000;
/** Below what firewalls forget connections after. A shorter one would have no connection left when a new one is slow to make. */
const IDLE_MAX_MS = 300_000;
/** While it is away it is tried again after this. */
const RETRY_MS = 200;
const INT8 = 20;
const TRY_LOCK = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got';
const UNLOCK = 'SELECT pg_advisory_unlock(hashtextextended($1, 0))';

/** Seqs and times are whole numbers that JavaScript holds exactly; pg gives them as text unless told otherwise. */
const wholeNumbers: Pick<typeof types, 'getTypeParser'> = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
};

/**
 * How every connection is made. No statement may read a table from end to end if an index serves: tables that were empty
 * when a plan was made are large when it is used.
 */
export const clientConfig = (url: string): ClientConfig => ({
  connectionString: url,
  application_name: 'parley',
  statement_timeout: STATEMENT_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  query_timeout: ANSWER_TIMEOUT_MS,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  types: wholeNumbers,
  options: '-c enable_seqscan=off -c jit=off',
});

/** A statement that is prepared once for each connection. */
export interface Statement {
  name: string;
  text: string;
}

/** What those who ask the database need of its connections. */
export type Asking = Pick<Connections, 'rows' | 'row' | 'locked'>;

/**
 * Connections for everything but appends. What waits for one is bounded, and refused as overloaded beyond that; while
 * PostgreSQL is away all is refused at once, and nobody waits for what will not come (R7).
 */
export class Connections {
  readonly #url: string;
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #runtime: Runtime;
  #isAway = false;
  /** When it last answered anything, on the monotonic clock. */
  #answeredAt = 0;
  #isLooking = false;

  constructor(url: string, max: number, { logger, runtime }: { logger: Logger; runtime: Runtime }) {
    this.#url = url;
    this.#logger = logger;
    this.#runtime = runtime;
    const times = { connectionTimeoutMillis: WAITING_MAX_MS, idleTimeoutMillis: IDLE_MAX_MS };
    this.#pool = new Pool({ ...clientConfig(url), max, ...times });
    this.#pool.on('error', (error) => logger.warn({ err: error }, 'an idle connection to PostgreSQL broke'));
    // One that breaks while it is in use says so by the query that fails; nobody listening would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** Rows as tuples, in the order of the columns. The caller names their type. */
  async rows<Row extends unknown[]>({ name, text }: Statement, values: unknown[]): Promise<Row[]> {
    const client = await this.#connect();
    try {
      const { rows } = await client.query<Row>({ name, text, values, rowMode: 'array' });
      this.#answered();
      client.release();
      return rows;
    } catch (error) {
      client.release(this.#isLost(error));
      throw refusalFor(error);
    }
  }

  async row<Row extends unknown[]>(statement: Statement, values: unknown[]): Promise<Row | undefined> {
    return (await this.rows<Row>(statement, values))[0];
  }

  /** On a connection of one's own, while it has the session lock of this name; null: another session has it. */
  async locked<T>(name: string, use: (client: PoolClient) => Promise<T>): Promise<T | null> {
    const client = await this.#connect();
    try {
      const { rows } = await client.query<{ got: boolean }>(TRY_LOCK, [name]);
      const result = rows[0]?.got === true ? await use(client) : null;
      if (rows[0]?.got === true) await client.query(UNLOCK, [name]);
      client.release();
      return result;
    } catch (error) {
      // Closed, not returned: with it goes the lock.
      client.release(true);
      throw refusalFor(error);
    }
  }

  /** As Kysely wants it; the connections are closed here, not there. */
  get forKysely(): PostgresPool {
    return { connect: () => this.#connectForKysely(), end: () => Promise.resolve() };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Whatever keeps it from connecting, it is not the caller's fault. */
  async #connect(): Promise<PoolClient> {
    const isFull = this.#pool.waitingCount >= WAITING_MAX;
    if (this.#isAway || isFull || this.#pool.ending) throw new AppendRefused('overloaded');
    const askedAt = this.#runtime.monotonic();
    try {
      return await this.#pool.connect();
    } catch (error) {
      this.#logger.debug({ err: error }, 'no connection to PostgreSQL');
      this.#unanswered(askedAt);
      throw new AppendRefused('overloaded');
    }
  }

  #isLost(error: unknown): boolean {
    const isLost = troubleOf(error) === 'lost';
    if (isLost) this.#lookWhether();
    return isLost;
  }

  #answered(): void {
    this.#answeredAt = this.#runtime.monotonic();
  }

  /** It was asked at that time, and did not answer. If others were answered since, it is only busy. */
  #unanswered(askedAt: number): void {
    if (this.#answeredAt >= askedAt) return;
    this.#isAway = true;
    this.#lookWhether();
  }

  #lookWhether(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look();
  }

  /** Looks by a new connection whether it is there, until it is. Those of the pool may be dead without knowing it. */
  async #look(): Promise<void> {
    while (!this.#pool.ending) {
      const askedAt = this.#runtime.monotonic();
      const client = new Client({ ...clientConfig(this.#url), connectionTimeoutMillis: WAITING_MAX_MS });
      client.on('error', () => {}); // Told by `connect`.
      try {
        await client.connect();
        this.#answered();
      } catch (error) {
        this.#logger.debug({ err: error }, 'no connection to PostgreSQL');
      }
      client.end().catch(() => {}); // It was only to see.
      this.#isAway = this.#answeredAt < askedAt;
      if (!this.#isAway) {
        this.#isLooking = false;
        return;
      }
      await new Promise<void>((resolve) => void this.#runtime.after(RETRY_MS, resolve));
    }
  }

  async #connectForKysely(): Promise<PostgresPoolClient> {
    const client = await this.#connect();
    let isLost = false;
    const query = async <R extends object>(text: string, values?: readonly unknown[]) => {
      try {
        const result = await client.query<R>(text, [...(values ?? [])]);
        this.#answered();
        return result;
      } catch (error) {
        isLost ||= this.#isLost(error);
        throw refusalFor(error);
      }
    };
    return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release(isLost) };
  }
}

/** What a caller is told: a refusal if the store is in trouble, else the fault itself. */
function refusalFor(error: unknown): unknown {
  return error instanceof AppendRefused ? error : (refusalOf(troubleOf(error)) ?? error);
}
