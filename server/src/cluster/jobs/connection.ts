import { Cluster } from 'ioredis';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';
import { openClient, type Client, type Connection } from '../redis-client.js';

/** `produce`: a command fails within a second, or at once while there is no connection. `work`: it waits for Redis. */
export type Use = 'produce' | 'work';

/** A command of a producer is given up after this. */
export const COMMAND_MS = 1_000;
/** Above the longest blocking read of BullMQ (10 s): a connection that says nothing for so long is dead. */
const SILENT_MS = 30_000;

/** A connection of BullMQ to Redis, with those that BullMQ makes after its pattern for blocking reads. */
export class JobConnection {
  readonly client: Client;
  readonly #logger: Logger;
  readonly #copies = new Set<Client>();
  #wasLost = false;
  #isClosed = false;

  constructor(options: RedisOptions, use: Use, logger: Logger) {
    this.#logger = logger;
    this.client = open(options, use);
    // Says once that Redis is away, and once that it is back; each try in between is an `error`, and would be a line.
    this.client.on('close', () => this.#lost());
    this.client.on('ready', () => this.#found());
    this.client.on('error', (error: unknown) => logger.debug({ err: error, use }, 'the jobs’ Redis'));
    this.#trackCopies();
  }

  get isUp(): boolean {
    return this.client.status === 'ready';
  }

  /** Resolves when there is a connection, or after `maxMs` without one. */
  async ready(maxMs: number, runtime: Runtime): Promise<void> {
    if (this.isUp) return;
    await new Promise<void>((resolve) => {
      runtime.after(maxMs, resolve);
      this.client.once('ready', () => resolve());
    });
  }

  /** At once and for good, also what BullMQ opened and would go on opening while Redis is away. */
  close(): void {
    this.#isClosed = true;
    for (const client of [this.client, ...this.#copies]) client.disconnect();
  }

  #trackCopies(): void {
    const { client } = this;
    const track = <C extends Client>(copy: C): C => {
      copy.on('error', () => undefined);
      this.#copies.add(copy);
      copy.once('end', () => this.#copies.delete(copy));
      return copy;
    };
    if (client instanceof Cluster) {
      const duplicate = client.duplicate.bind(client);
      client.duplicate = ((...parts: Parameters<typeof duplicate>) => track(duplicate(...parts))) as typeof client.duplicate;
    } else {
      const duplicate = client.duplicate.bind(client);
      client.duplicate = ((...parts: Parameters<typeof duplicate>) => track(duplicate(...parts))) as typeof client.duplicate;
    }
  }

  #lost(): void {
    if (this.#wasLost || this.#isClosed) return;
    this.#wasLost = true;
    this.#logger.warn({}, 'the jobs have lost Redis');
  }

  #found(): void {
    if (!this.#wasLost) return;
    this.#wasLost = false;
    this.#logger.info({}, 'the jobs have Redis again');
  }
}

/** What stands before all keys of the jobs. One slot of a cluster has them all, for scripts of BullMQ name many keys. */
export function jobPrefix({ prefix }: RedisOptions): string {
  return `{${prefix}jobs}`;
}

function open(redis: RedisOptions, use: Use): Client {
  const waits = use === 'work';
  return openClient(redis, {
    each: waits ? WAITING : FAILING_FAST,
    alone: { enableOfflineQueue: waits },
    cluster: { enableOfflineQueue: waits, lazyConnect: waits },
    random: Math.random,
  });
}

/** BullMQ demands null of its workers. */
const WAITING: Connection = { maxRetriesPerRequest: null, socketTimeout: SILENT_MS };
const FAILING_FAST: Connection = { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false, commandTimeout: COMMAND_MS };
