import type { Redis } from 'ioredis';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';
import { openClient, type Client, type Connection } from '../redis-client.js';

/** A connection that owes answers and brings none is broken off: all that is under way fails, and what comes fails at once. */
const SILENCE_MAX_MS = 1_500;
const COMMAND_TIMEOUT_MS = 1_000;
/** How long a blocking read waits at most. */
export const BLOCK_MS = 2_000;
const BLOCK_GRACE_MS = 1_000;
/** Times 100 ms between: a second at most. */
const REDIRECTIONS_MAX = 8;

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
  readonly #options: RedisOptions;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  readonly #onCommand: () => void;
  readonly #openClient: typeof openClient;
  readonly #listeners: Partial<ConnectionEvents>[] = [];
  #isUp = false;

  /** `onCommand` is called for each command sent. */
  constructor(
    options: RedisOptions,
    runtime: Runtime,
    onError: (error: unknown) => void,
    onCommand: () => void = () => {},
    open = openClient,
  ) {
    this.#onCommand = onCommand;
    this.#openClient = open;
    this.#options = options;
    this.#runtime = runtime;
    this.#onError = onError;
    this.isCluster = options.at.kind === 'cluster';
    this.prefix = options.prefix;
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

  #open(name: string, options: Connection, shared = false): Client {
    const client = this.#openClient(this.#options, {
      each: {
        ...options,
        connectionName: `parley-${name}`,
        autoResendUnfulfilledCommands: false,
        // Rejects what was under way when the connection is lost, which otherwise would never be answered.
        maxRetriesPerRequest: 0,
      },
      alone: { enableOfflineQueue: false, enableAutoPipelining: shared },
      cluster: {
        enableOfflineQueue: !shared,
        enableAutoPipelining: shared,
        shardedSubscribers: options.autoResubscribe === false,
        maxRedirections: REDIRECTIONS_MAX,
        // A node is connected before it is used: of a batch that opens a connection, all but the first command would fail.
        lazyConnect: !shared,
      },
      random: () => this.#runtime.random(),
    });
    client.on('error', this.#onError);
    this.#count(client);
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
