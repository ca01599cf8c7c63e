import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CounterName, GaugeName, Meter, Readings, TimerName } from '../ports/meter.js';

const PREFIX = 'parley_';

const COUNTERS: Record<CounterName, string> = {
  messages_sent_direct: 'Direct messages accepted.',
  messages_sent_group: 'Group messages accepted.',
  messages_repeated: 'Messages that had been sent before, answered with their first result.',
  messages_refused: 'Messages refused.',
  entries_delivered: 'Log entries handed to connections.',
  frames_dropped: 'Ephemeral frames dropped for slow connections.',
  hints_lost: 'Entries and events that could not be sent to other servers; entries are healed from the log.',
  hints_poisoned: 'Entries from other servers that this one did not understand.',
  ephemerals_dropped: 'Typing, receipts and the like that were not sent to other servers.',
  roster_hits: 'Member lists found in the cache.',
  roster_misses: 'Member lists read from the store.',
  names_hits: 'Usernames found in the cache.',
  names_misses: 'Usernames read from the store.',
  page_cache_hits: 'Newest pages of a conversation found in the cache.',
  page_cache_misses: 'Newest pages of a conversation read from the log.',
  session_cache_hits: 'Sessions found in the cache.',
  session_cache_misses: 'Sessions read from the store.',
  existence_filter_hits: 'Usernames that the filter knew nobody has.',
  redis_commands: 'Commands sent to Redis, but for those of jobs.',
  archive_requests: 'Writes sent to the archive: single rows, or batches of one partition.',
  archive_rows: 'Rows in those writes.',
  logins: 'Sign-ins.',
  logins_refused: 'Sign-ins with wrong credentials, or too many.',
  rate_limited: 'Requests and frames refused by a rate limit.',
  connections_closed_slow: 'Connections closed because they did not take their frames.',
  commits: 'Transactions of the store.',
  commands_committed: 'Commands in those transactions.',
};
const TIMERS: Record<TimerName, string> = {
  commit_seconds: 'One transaction of the store, to stable storage.',
  accept_to_deliver_seconds: 'From a message’s arrival to its delivery on this server.',
  history_seconds: 'Reading a history page.',
  inbox_seconds: 'Reading an inbox page.',
};
const GAUGES: Record<GaugeName, string> = {
  commit_queue: 'Commands waiting for a transaction, of all lanes.',
  offline_rows: 'Conversations that absent people are owed messages of.',
  connections_chat: 'Open chat connections.',
  connections_presence: 'Open presence connections.',
  journal_unarchived: 'Entries of this server that are not in the archive yet.',
  journal_age_seconds: 'Age of the oldest of them.',
  jobs_waiting: 'Jobs that wait, of all servers.',
  jobs_active: 'Jobs under way, of all servers.',
  jobs_dead: 'Jobs that failed for good, of all servers.',
};
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One answered HTTP request. */
export interface RequestSeen {
  method: string;
  /** The pattern, not the path: bounded. */
  route: string;
  status: number;
  seconds: number;
}

/** Metrics for Prometheus, in a registry of its own, so that two servers in one process do not mix. */
export class Metrics implements Meter, Readings {
  readonly #registry = new Registry();
  readonly #counters: Record<CounterName, Counter>;
  readonly #timers: Record<TimerName, Histogram>;
  readonly #gauges: Record<GaugeName, Gauge>;
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #parts: Gauge<'part'>;
  #beforeRender = () => Promise.resolve();

  constructor() {
    const registers = [this.#registry];
    // With the event loop's delay, garbage collection, memory and CPU of the process.
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
    this.#counters = mapValues(COUNTERS, (name, help) => new Counter({ name: `${PREFIX}${name}_total`, help, registers }));
    this.#timers = mapValues(
      TIMERS,
      (name, help) => new Histogram({ name: `${PREFIX}${name}`, help, buckets: SECONDS, registers }),
    );
    this.#gauges = mapValues(GAUGES, (name, help) => new Gauge({ name: `${PREFIX}${name}`, help, registers }));
    this.#parts = new Gauge({
      name: `${PREFIX}part_works`,
      help: 'Of each part that the server needs: 1 if it works, be it slowly, 0 if it fails.',
      labelNames: ['part'],
      registers,
    });
    this.#requests = new Histogram({
      name: `${PREFIX}http_request_seconds`,
      help: 'HTTP requests, from their arrival to the end of the answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    });
  }

  count(name: CounterName, by = 1): void {
    this.#counters[name].inc(by);
  }

  time(name: TimerName, seconds: number): void {
    this.#timers[name].observe(seconds);
  }

  set(name: GaugeName, value: number): void {
    this.#gauges[name].set(value);
  }

  async counted(name: CounterName): Promise<number> {
    return (await this.#counters[name].get()).values[0]?.value ?? 0;
  }

  async gauge(name: GaugeName): Promise<number> {
    return (await this.#gauges[name].get()).values[0]?.value ?? 0;
  }

  /** Counts and times an HTTP request. */
  request({ method, route, status, seconds }: RequestSeen): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Says of a part whether it works. */
  part(part: string, works: boolean): void {
    this.#parts.set({ part }, works ? 1 : 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Sets what is known only by asking, before each reading. */
  onRender(ask: () => Promise<void>): void {
    this.#beforeRender = ask;
  }

  /** All of it, as Prometheus reads it. */
  async render(): Promise<string> {
    await this.#beforeRender();
    return this.#registry.metrics();
  }
}

function mapValues<K extends string, V, R>(record: Record<K, V>, make: (key: K, value: V) => R): Record<K, R> {
  const entries = (Object.entries(record) as [K, V][]).map(([key, value]) => [key, make(key, value)]);
  return Object.fromEntries(entries) as Record<K, R>;
}
