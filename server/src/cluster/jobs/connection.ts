import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions as ClientOptions } from 'ioredis';
import type { Logger } from '../../ports/logger.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';

export type Client = Redis | Cluster;
type Options = Omit<ClientOptions, 'replyMapping'>;

/** `produce`: a command fails within a second, or at once while there is no connection. `work`: it waits for Redis. */
export type Use = 'produce' | 'work';

/** A command of a producer is given up after this. */
export const COMMAND_MS = 1_000;
const CONNECT_MS = 2_000;
const KEEP_ALIVE_MS = 5_000;
/** Above the longest blocking read of BullMQ (10 s): a connection that says nothing for so long is dead. */
const SILENT_MS = 30_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
const SLOTS_REFRESH_MS = 5_000;

/** A connection of BullMQ to Redis, with those that BullMQ makes after its pattern for blocking reads. */
export class JobConnection {
  readonly client: Client;
  readonly #logger: Logger;
  readonly #copies = new Set<Client>();
  #wasLost = false;
  #isClosed = false;

  constructor(options: RedisOptions, use: Use, logger: Logger) {
    this.#logger = logger;
    this.client = openClient(options, use);
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

function openClient(options: RedisOptions, use: Use): Client {
  const { at } = options;
  const common = commonOptions(options, use);
  if (at.kind === 'cluster') return openCluster(at.nodes, common, use);
  const alone: Options = { ...common, enableOfflineQueue: use === 'work', retryStrategy: retryMs };
  if (at.kind === 'single') return new Redis(at.url, alone);
  return new Redis({
    ...alone,
    sentinels: at.sentinels.map(hostOf),
    name: at.master,
    sentinelRetryStrategy: retryMs,
    // A master that was demoted refuses writes: ask the sentinels anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(options.password === null ? {} : { sentinelPassword: options.password }),
    ...(common.tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: common.tls }),
  });
}

function openCluster(nodes: readonly string[], common: Options, use: Use): Cluster {
  return new Cluster(nodes.map(hostOf), {
    redisOptions: { ...common, lazyConnect: use === 'work' },
    enableOfflineQueue: use === 'work',
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    slotsRefreshTimeout: CONNECT_MS,
    clusterRetryStrategy: retryMs,
  });
}

function commonOptions({ user, password, tls }: RedisOptions, use: Use): Options {
  return {
    connectTimeout: CONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    ...(use === 'work' ? waiting : failingFast),
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOf(tls.ca) }),
  };
}

/** BullMQ demands null of its workers. */
const waiting: Options = { maxRetriesPerRequest: null, socketTimeout: SILENT_MS };
const failingFast: Options = { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false, commandTimeout: COMMAND_MS };

const tlsOf = (ca: Buffer | null): ConnectionOptions => (ca === null ? {} : { ca });

function hostOf(node: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${node}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6_379 : Number(port) };
}

/** With jitter, so that a restarted Redis is not met by all at once. */
function retryMs(times: number): number {
  return Math.min(RETRY_MIN_MS * 2 ** Math.min(times, 10), RETRY_MAX_MS) * (0.5 + Math.random() / 2);
}
