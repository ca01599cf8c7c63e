import type { Client } from 'cassandra-driver';
import { CassandraArchive } from '../../../server/src/cluster/cassandra/archive.js';
import type { Archive } from '../../../server/src/cluster/archive.js';
import type { Meter } from '../../../server/src/ports/meter.js';
import type { Chance } from '../chance.js';
import type { Time } from '../time.js';
import type { Asker } from './asker.js';
import { getOrMake } from './postgres-tables.js';

export interface CassandraOptions {
  /** From the call to its answer. */
  minMs: number;
  maxMs: number;
  /** Shares of writes that time out: written all the same, at once or later; or not written. */
  hiddenSuccess: number;
  lateSuccess: number;
  hiddenFailure: number;
  lateMaxMs: number;
  /** Share of reads that time out. */
  readTimeouts: number;
  timeoutMs: number;
}

export const CALM_CASSANDRA: CassandraOptions = {
  minMs: 1,
  maxMs: 5,
  hiddenSuccess: 0,
  lateSuccess: 0,
  hiddenFailure: 0,
  lateMaxMs: 8_000,
  readTimeouts: 0,
  timeoutMs: 2_000,
};

type Value = string | number | bigint | null | undefined;
interface Cell {
  value: Value;
  /** Microseconds. */
  at: bigint;
}
/** By column. */
type Row = Map<string, Cell>;
interface Statement {
  query: string;
  params: readonly Value[];
}

const ENTRY_KEY = ['conversation_id', 'bucket', 'seq', 'message_id'];
const EDIT_KEY = ['conversation_id', 'target_id', 'seq', 'message_id'];
/** Columns that the driver gives as dates. */
const TIMES = new Set(['created_at', 'edited_at', 'deleted_at']);

const timedOut = () => new Error('Server timed out: not enough replicas answered in time');

/**
 * Cassandra at a quorum: of each cell the value with the latest time stays, of equal times the greater one; a write that
 * timed out may be there, may come later, or never.
 */
export class CassandraModel {
  readonly #entries = new Map<string, Map<string, Row>>();
  readonly #edits = new Map<string, Map<string, Row>>();
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #options: CassandraOptions;
  isDown = false;
  onEvent: (what: string) => void = () => undefined;

  constructor(time: Time, chance: Chance, options: Partial<CassandraOptions> = {}) {
    this.#time = time;
    this.#chance = chance;
    this.#options = { ...CALM_CASSANDRA, ...options };
  }

  /** It is there, and answers. */
  calm(): void {
    this.isDown = false;
    Object.assign(this.#options, CALM_CASSANDRA);
  }

  /** A server's archive on it: the real one, on this driver. */
  open(asker: Asker, meter: Meter | null = null): Promise<Archive> {
    return Promise.resolve(new CassandraArchive(this.client(asker), meter));
  }

  client(asker: Asker): Client {
    const client = {
      execute: (query: string, params: Value[]) =>
        query.startsWith('SELECT')
          ? this.#read(asker, () => this.#select({ query, params }))
          : this.#write(asker, [{ query, params }]),
      batch: (statements: Statement[]) => this.#write(asker, statements),
      shutdown: () => Promise.resolve(),
    };
    return client as unknown as Client;
  }

  #read(asker: Asker, read: () => Record<string, unknown>[]): Promise<unknown> {
    const { readTimeouts, timeoutMs } = this.#options;
    const fails = this.isDown || this.#chance.happens(readTimeouts);
    return new Promise((resolve, reject) => {
      const ms = fails ? timeoutMs : this.#ms();
      const at = this.#chance.between(0, ms);
      let rows: Record<string, unknown>[] = [];
      this.#time.after(at, () => {
        rows = read();
        if (rows.length > 0 && !fails) this.onEvent('entries came from the archive');
      });
      this.#time.after(ms, () => asker.run(() => (fails ? reject(timedOut()) : resolve({ rows, pageState: null }))));
    });
  }

  #write(asker: Asker, statements: Statement[]): Promise<unknown> {
    const { hiddenSuccess, lateSuccess, hiddenFailure, lateMaxMs, timeoutMs } = this.#options;
    const write = () => statements.forEach((statement) => this.#apply(statement));
    return new Promise((resolve, reject) => {
      const late = (ms: number) => this.#time.after(ms, () => asker.run(() => reject(timedOut())));
      const share = this.#chance.number();
      if (this.isDown || share < hiddenFailure) return void late(timeoutMs);
      const ms = this.#ms();
      if (share < hiddenFailure + hiddenSuccess) {
        this.onEvent('a write to Cassandra timed out and is there');
        this.#time.after(ms, write);
        return void late(timeoutMs);
      }
      if (share < hiddenFailure + hiddenSuccess + lateSuccess) {
        this.onEvent('a write to Cassandra came after its timeout');
        this.#time.after(this.#chance.between(timeoutMs, lateMaxMs), write);
        return void late(timeoutMs);
      }
      this.#time.after(this.#chance.between(0, ms), write);
      this.#time.after(ms, () => asker.run(() => resolve({ rows: [], pageState: null })));
    });
  }

  #ms(): number {
    return this.#chance.between(this.#options.minMs, this.#options.maxMs);
  }

  #apply({ query, params }: Statement): void {
    const insert = /^INSERT INTO (\w+) \(([^)]+)\) VALUES/.exec(query);
    if (insert !== null) {
      const columns = (insert[2] ?? '').split(',').map((column) => column.trim());
      const values = new Map(columns.map((column, index) => [column, params[index]]));
      return this.#set(insert[1] ?? '', values, params[columns.length] as bigint);
    }
    const update = /^UPDATE (\w+) USING TIMESTAMP \? SET (.+) WHERE (.+)$/s.exec(query);
    if (update === null) throw new Error(`the model of Cassandra does not know: ${query}`);
    const names = [...`${update[2]} AND ${update[3]}`.matchAll(/(\w+) = \?/g)].map(([, name]) => name ?? '');
    const values = new Map(names.map((name, index) => [name, params[index + 1]]));
    this.#set(update[1] ?? '', values, params[0] as bigint);
  }

  #set(table: string, values: Map<string, Value>, at: bigint): void {
    const row = this.#row(table, values);
    for (const [column, value] of values) {
      // An unset value leaves the column as it is.
      if (value === undefined) continue;
      const present = row.get(column);
      if (present === undefined || at > present.at || (at === present.at && String(value) > String(present.value))) {
        row.set(column, { value, at });
      }
    }
  }

  #row(table: string, values: Map<string, Value>): Row {
    const [rows, key] = table === 'edits' ? [this.#edits, EDIT_KEY] : [this.#entries, ENTRY_KEY];
    const [one, two, ...clustering] = key.map((column) => String(values.get(column)));
    const partition = getOrMake(rows, `${one} ${two}`, () => new Map<string, Row>());
    return getOrMake(partition, clustering.join(' '), () => new Map());
  }

  #select({ query, params }: Statement): Record<string, unknown>[] {
    const isEdits = query.includes('FROM edits');
    const rows = (isEdits ? this.#edits : this.#entries).get(`${String(params[0])} ${String(params[1])}`);
    const found = [...(rows?.values() ?? [])].filter((row) => isAsked(row, query, params, isEdits));
    const sign = query.includes(' DESC') ? -1 : 1;
    return found.sort((a, b) => sign * byKey(a, b)).map(recordOf);
  }
}

function isAsked(row: Row, query: string, params: readonly Value[], isEdits: boolean): boolean {
  if (isEdits) return true;
  const seq = row.get('seq')?.value as bigint;
  if (query.includes('seq >= ?')) return seq >= (params[2] as bigint) && seq <= (params[3] as bigint);
  return seq === params[2] && row.get('message_id')?.value === params[3];
}

function byKey(a: Row, b: Row): number {
  const [seqA, seqB] = [a.get('seq')?.value as bigint, b.get('seq')?.value as bigint];
  if (seqA !== seqB) return seqA < seqB ? -1 : 1;
  return String(a.get('message_id')?.value) < String(b.get('message_id')?.value) ? -1 : 1;
}

const COLUMNS = [
  ...ENTRY_KEY,
  'ordinal',
  'kind',
  'sender_id',
  'created_at',
  'detail',
  'client_id',
  'content',
  'edited_at',
  'deleted_at',
];

function recordOf(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    COLUMNS.map((column) => {
      const value = row.get(column)?.value ?? null;
      return [column, value !== null && TIMES.has(column) ? new Date(Number(value)) : value];
    }),
  );
}
