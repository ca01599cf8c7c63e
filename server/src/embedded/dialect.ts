import {
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely';
import type { Reader } from './reader.js';
import type { Value } from './sqlite.js';
import type { Writer } from './writer.js';

/**
 * Kysely on the threads of the store: SELECT goes to the reader, all else is one command of a batch of the writer, on
 * the disk when it resolves. There are no transactions across statements.
 */
export class ThreadsDialect implements Dialect {
  readonly #reader: Reader;
  readonly #writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
  }

  createDriver(): Driver {
    return new ThreadsDriver(new ThreadsConnection(this.#reader, this.#writer));
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class ThreadsDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  init = () => Promise.resolve();
  acquireConnection = () => Promise.resolve(this.#connection);
  releaseConnection = () => Promise.resolve();
  beginTransaction = noTransactions;
  commitTransaction = noTransactions;
  rollbackTransaction = noTransactions;
  /** The threads belong to whoever started them. */
  destroy = () => Promise.resolve();
}

const noTransactions = () => Promise.reject(new Error('the embedded store has no transactions across statements'));

class ThreadsConnection implements DatabaseConnection {
  readonly #reader: Reader;
  readonly #writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
  }

  async executeQuery<R>({ query, sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const values = parameters.map(valueOf);
    if (SelectQueryNode.is(query)) return { rows: (await this.#reader.objects(sql, values)) as R[] };
    const { rows, changes } = await this.#writer.submit(['sql', sql, values]);
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  // oxlint-disable-next-line require-yield -- part of Kysely's interface; nothing here streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the embedded store does not stream');
  }
}

/** SQLite would bind an object as NULL, and say nothing. */
function valueOf(parameter: unknown): Value {
  if (typeof parameter === 'string' || typeof parameter === 'number' || parameter === null) return parameter;
  throw new TypeError(`cannot store a ${typeof parameter}`);
}
