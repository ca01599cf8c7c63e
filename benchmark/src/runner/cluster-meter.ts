import { Redis } from 'ioredis';
import { Client } from 'pg';
import { MetricsPage } from '../measure/metrics-page.js';
import { cpuOfTrees } from '../measure/process-usage.js';
import type { ParleyCluster, ProcessName } from './parley-cluster.js';
import type { StoreProcesses } from './services.js';

/** Everything that is counted of a cluster, at one moment. */
interface Reading {
  /** Seconds of CPU, by process of ours and by store. */
  cpu: Map<string, number>;
  pages: Map<string, MetricsPage>;
  redis: { commands: number; reads: number; byCommand: Map<string, number> };
  transactions: number;
}

/** What a cluster did between two readings. */
export interface ClusterCost {
  /** Seconds of CPU. */
  ours: Record<ProcessName, number>;
  stores: Partial<Record<StoreProcesses['name'], number>>;
  /** As our processes count it, each process on its own. */
  counted: Record<ProcessName, Counted>;
  /** As the stores count it, whoever asked them. */
  redis: { commands: number; reads: number; byCommand: Record<string, number> };
  transactions: number;
}

const COUNTERS = {
  commits: 'commits_total',
  committed: 'commands_committed_total',
  archiveRequests: 'archive_requests_total',
  archiveRows: 'archive_rows_total',
  redisCommands: 'redis_commands_total',
  pageHits: 'page_cache_hits_total',
  pageMisses: 'page_cache_misses_total',
} as const;
export type Counted = Record<keyof typeof COUNTERS, number>;

/** Reads what a cluster counts and uses: from the processes, and from the stores themselves. */
export class ClusterMeter {
  readonly #cluster: ParleyCluster;
  readonly #redis: Redis;
  readonly #postgres: Client;

  private constructor(cluster: ParleyCluster, redis: Redis, postgres: Client) {
    this.#cluster = cluster;
    this.#redis = redis;
    this.#postgres = postgres;
  }

  static async open(cluster: ParleyCluster): Promise<ClusterMeter> {
    const { REDIS_URL = '', POSTGRES_URL } = cluster.services.env;
    const postgres = new Client({ connectionString: POSTGRES_URL });
    await postgres.connect();
    return new ClusterMeter(cluster, new Redis(REDIS_URL), postgres);
  }

  async read(): Promise<Reading> {
    const { servers, services } = this.#cluster;
    const [cpu, pages, redis, transactions] = await Promise.all([
      Promise.all(
        [...servers.map(({ name, pid }) => ({ name, pids: [pid] })), ...services.stores].map(
          async ({ name, pids }) => [name, await cpuOfTrees(pids)] as const,
        ),
      ),
      Promise.all(servers.map(async ({ name, metricsUrl }) => [name, await MetricsPage.read(metricsUrl)] as const)),
      this.#redisSays(),
      this.#transactions(),
    ]);
    return { cpu: new Map(cpu), pages: new Map(pages), redis, transactions };
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.#postgres.end();
  }

  async #redisSays(): Promise<Reading['redis']> {
    const [stats, commands] = await Promise.all([this.#redis.info('stats'), this.#redis.info('commandstats')]);
    const stat = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(stats)?.[1] ?? Number.NaN);
    const byCommand = [...commands.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
      ([, name = '', calls]) => [name, Number(calls)] as const,
    );
    return {
      commands: stat('total_commands_processed'),
      reads: stat('total_reads_processed'),
      byCommand: new Map(byCommand),
    };
  }

  /** A backend tells what it did at most once a second, so this lags a little, at both ends of a window alike. */
  async #transactions(): Promise<number> {
    const { rows } = await this.#postgres.query<{ count: string }>(
      'SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0]?.count);
  }
}

export function costBetween(from: Reading, to: Reading): ClusterCost {
  const cpu = (name: string) => (to.cpu.get(name) ?? Number.NaN) - (from.cpu.get(name) ?? Number.NaN);
  const names = [...to.pages.keys()];
  const stores = [...to.cpu.keys()].filter((name) => !names.includes(name));
  const byCommand = [...to.redis.byCommand]
    .map(([name, calls]) => [name, calls - (from.redis.byCommand.get(name) ?? 0)] as const)
    .filter(([, calls]) => calls > 0);
  return {
    ours: Object.fromEntries(names.map((name) => [name, cpu(name)])) as ClusterCost['ours'],
    stores: Object.fromEntries(stores.map((name) => [name, cpu(name)])),
    counted: Object.fromEntries(names.map((name) => [name, counted(from, to, name)])) as ClusterCost['counted'],
    redis: {
      commands: to.redis.commands - from.redis.commands,
      reads: to.redis.reads - from.redis.reads,
      byCommand: Object.fromEntries(byCommand.toSorted((a, b) => b[1] - a[1])),
    },
    transactions: to.transactions - from.transactions,
  };
}

function counted(from: Reading, to: Reading, name: string): Counted {
  const [before, after] = [from.pages.get(name), to.pages.get(name)];
  const since = (metric: string) => (before === undefined ? Number.NaN : (after?.since(before, metric) ?? Number.NaN));
  return Object.fromEntries(Object.entries(COUNTERS).map(([key, metric]) => [key, since(metric)])) as Counted;
}

/** Over all processes of ours. */
export function totalOf(cost: ClusterCost, key: keyof Counted): number {
  return Object.values(cost.counted).reduce((sum, each) => sum + each[key], 0);
}

export function cpuOfOurs({ ours }: ClusterCost): number {
  return Object.values(ours).reduce((sum, seconds) => sum + seconds, 0);
}
