import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Runtime } from '../../ports/runtime.js';

export type RedisAddress =
  /** `redis://…` or `rediss://…` */
  | { kind: 'single'; url: string }
  /** `host:port,host:port,…`: some of the masters. */
  | { kind: 'cluster'; nodes: string }
  /** `host:port,host:port,…` of the sentinels. */
  | { kind: 'sentinel'; sentinels: string; masterName: string; sentinelPassword?: string };

export interface RedisSettings {
  address: RedisAddress;
  username?: string;
  password?: string;
  /** Null: none, unless the URL says `rediss`. */
  tls?: ConnectionOptions | null;
  /** Before all keys and channels. Default `parley:`. */
  prefix?: string;
}

export type Client = Redis | Cluster;
type Options = Omit<RedisOptions, 'replyMapping'>;

/** A connection that owes answers and brings none is broken off: all that is under way fails, and what comes fails at once. */
const SILENCE_MAX_MS = 1_500;
const COMMAND_TIMEOUT_MS = 1_000;
/** How long a blocking read waits at most. */
export const BLOCK_MS = 2_000;
const BLOCK_GRACE_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** Below the time that a lease outlives, so that all servers are back before one judges another dead. */
const RETRY_MAX_MS = 1_000;
const RETRY_MIN_MS = 50;
const KEEP_ALIVE_MS = 5_000;
/** Times 100 ms between: a second at most. */
const REDIRECTIONS_MAX = 8;
const SLOTS_REFRESH_MS = 5_000;

export interface ConnectionEvents {
  /** There is a connection, the first or a new one: what was under way may be lost, and Redis may be another one. */
  up(): void;
  down(): void;
  /** A cluster has a node more, or again: what that one has may be old. Comes often while a node is down. */
  shifted(): void;
}

/**
 * The connections of one server to Redis. A command fails at once while there is no connection, and is never sent
 * again by itself: whoever sent it knows better. Connecting goes on for ever.
 */
export class RedisConnections {
  readonly isCluster: boolean;
  readonly prefix: string;
  /** For everything that does not block; commands of one turn of the event loop share a write. */
  readonly shared: Client;
  /** For blocking reads. */
  readonly blocking: Client;
  readonly subscriptions: Client;
  readonly #settings: RedisSettings;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  readonly #onCommand: () => void;
  readonly #listeners: Partial<ConnectionEvents>[] = [];
  #isUp = false;

  /** `onCommand` is called for each command sent. */
  constructor(settings: RedisSettings, runtime: Runtime, onError: (error: unknown) => void, onCommand: () => void = () => {}) {
    this.#onCommand = onCommand;
    this.#settings = settings;
    this.#runtime = runtime;
    this.#onError = onError;
    this.isCluster = settings.address.kind === 'cluster';
    this.prefix = settings.prefix ?? 'parley:';
    this.shared = this.#open('shared', { socketTimeout: SILENCE_MAX_MS }, true);
    this.blocking = this.#open('blocking', { blockingTimeout: BLOCK_MS + BLOCK_GRACE_MS, blockingTimeoutGrace: BLOCK_GRACE_MS });
    this.subscriptions = this.#open('subscriptions', { commandTimeout: COMMAND_TIMEOUT_MS, autoResubscribe: false });
    this.#watch(this.shared);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  listen(events: Partial<ConnectionEvents>): void {
    this.#listeners.push(events);
  }

  /** Resolves when there is a connection, or after `maxMs` without one. */
  async ready(maxMs: number): Promise<boolean> {
    if (this.#isUp) return true;
    return new Promise((resolve) => {
      const timer = this.#runtime.after(maxMs, () => resolve(false));
      this.listen({ up: () => (timer.cancel(), resolve(true)) });
    });
  }

  /** At once, and for good. */
  close(): void {
    this.#listeners.length = 0;
    this.#isUp = false;
    for (const client of [this.shared, this.blocking, this.subscriptions]) client.disconnect();
  }

  #open(name: string, options: Options, shared = false): Client {
    const { address, username, password, tls } = this.#settings;
    const common: Options = {
      ...options,
      connectionName: `parley-${name}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: KEEP_ALIVE_MS,
      autoResendUnfulfilledCommands: false,
      // Rejects what was under way when the connection is lost, which otherwise would never be answered.
      maxRetriesPerRequest: 0,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined || tls === null ? {} : { tls }),
    };
    const client = address.kind === 'cluster' ? this.#openCluster(address.nodes, common, shared) : this.#openOne(common, shared);
    client.on('error', this.#onError);
    this.#count(client);
    return client;
  }

  #openOne(common: Options, shared: boolean): Redis {
    const { address } = this.#settings;
    const options: Options = {
      ...common,
      enableOfflineQueue: false,
      enableAutoPipelining: shared,
      retryStrategy: (times) => this.#retryMs(times),
    };
    if (address.kind === 'single') return new Redis(address.url, options);
    if (address.kind !== 'sentinel') throw new Error(`no single Redis: ${address.kind}`);
    return new Redis({
      ...options,
      sentinels: hostsOf(address.sentinels),
      name: address.masterName,
      sentinelRetryStrategy: (times) => this.#retryMs(times),
      // A master that was demoted refuses writes: ask the sentinels anew.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
    });
  }

  #openCluster(nodes: string, common: Options, shared: boolean): Cluster {
    const client = new Cluster(hostsOf(nodes), {
      // A node is connected before it is used: of a batch that opens a connection, all but the first command would fail.
      redisOptions: { ...common, lazyConnect: !shared },
      enableOfflineQueue: !shared,
      enableAutoPipelining: shared,
      shardedSubscribers: common.autoResubscribe === false,
      maxRedirections: REDIRECTIONS_MAX,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      clusterRetryStrategy: (times) => this.#retryMs(times),
      // Else a node that is away for a moment is found again only by the next look at the whole cluster.
      clusterNodeRetryStrategy: (times) => this.#retryMs(times),
    });
    client.on('node error', this.#onError);
    return client;
  }

  /** All commands pass here, those of a pipeline one by one. */
  #count(client: Client): void {
    const send = client.sendCommand.bind(client) as (...args: unknown[]) => unknown;
    client.sendCommand = (...args: unknown[]) => {
      this.#onCommand();
      return send(...args);
    };
  }

  #retryMs(times: number): number {
    return Math.min(RETRY_MIN_MS * 2 ** Math.min(times, 10), RETRY_MAX_MS) * (0.5 + this.#runtime.random() / 2);
  }

  #watch(client: Client): void {
    client.on('ready', () => this.#up());
    client.on('close', () => this.#down());
    client.on('+node', (node: Redis) => {
      this.#shifted();
      node.on('ready', () => this.#shifted());
    });
  }

  #shifted(): void {
    if (this.#isUp) for (const listener of [...this.#listeners]) listener.shifted?.();
  }

  #up(): void {
    this.#isUp = true;
    for (const listener of [...this.#listeners]) listener.up?.();
  }

  #down(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    for (const listener of [...this.#listeners]) listener.down?.();
  }
}

/** `host:port,[::1]:port`, as the clients take them. */
export function hostsOf(list: string): { host: string; port: number }[] {
  return list.split(',').map((each) => {
    const { hostname, port } = new URL(`redis://${each.trim()}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6_379 : Number(port) };
  });
}
