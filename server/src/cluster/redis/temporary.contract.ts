import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { describe, inject } from 'vitest';
import { processRuntime } from '../../host/runtime.js';
import type { RedisOptions } from '../options.js';
import { hostOf, type Client } from '../redis-client.js';
import { openRedisNode, type RedisNode, type RedisNodeOptions } from './open.js';

const NOWHERE: RedisOptions['at'] = { kind: 'single', url: 'redis://127.0.0.1:1' };

/**
 * Runs a suite on a single Redis and, at the same time, on a cluster: it waits more than it works. One that is missing is
 * a failure where everything has to be there.
 */
export function onEachRedis(suite: (name: string, place: RedisPlace) => void): void {
  onRedis('single', suite);
  onRedis('cluster', suite);
}

export function onRedis(kind: 'single' | 'cluster', suite: (name: string, place: RedisPlace) => void): void {
  const name = kind === 'single' ? 'Redis' : 'Redis Cluster';
  const address = addressOf(kind);
  if (address === null) {
    const setting = kind === 'single' ? 'REDIS_URL' : 'REDIS_CLUSTER';
    if (process.env['CI']) throw new Error(`${setting} is not set, and in CI nothing is skipped`);
    process.stdout.write(`skipped on ${name}, for ${setting} is not set\n`);
  }
  describe.skipIf(address === null).concurrent(`with ${name}`, () => {
    describe.sequential('one after the other', () => {
      suite(name, new RedisPlace(address ?? NOWHERE));
    });
  });
}

/** From the environment, or from what the run brought up. */
function addressOf(kind: 'single' | 'cluster'): RedisOptions['at'] | null {
  if (kind === 'single') {
    const url = process.env['REDIS_URL'] || inject('redis');
    return url ? { kind, url } : null;
  }
  const nodes = process.env['REDIS_CLUSTER'] || inject('redisCluster');
  return nodes ? { kind, nodes: nodes.split(',') } : null;
}

/** A corner of a Redis that others use too: all keys begin with a prefix of its own. */
export class RedisPlace {
  readonly redis: RedisOptions;
  readonly prefix: string;
  readonly #nodes = new Set<RedisNode>();
  #admin: Client | null = null;

  constructor(at: RedisOptions['at']) {
    this.prefix = `test-${randomUUID().slice(0, 8)}:`;
    this.redis = { at, user: null, password: null, tls: null, prefix: this.prefix };
  }

  /** For what only a test does. */
  get admin(): Client {
    const { at } = this.redis;
    if (this.#admin !== null) return this.#admin;
    if (at.kind === 'cluster') this.#admin = new Cluster(at.nodes.map(hostOf));
    else if (at.kind === 'single') this.#admin = new Redis(at.url);
    else throw new Error('no sentinels in tests');
    return this.#admin;
  }

  /** Another server; start it. Errors are expected here and there: see `errors`. */
  node(more: Partial<RedisNodeOptions> = {}): RedisNode {
    const node = openRedisNode({
      redis: this.redis,
      nodeId: `n${this.#nodes.size + 1}`,
      hears: true,
      runtime: processRuntime,
      meter: { count: () => {}, time: () => {}, set: () => {} },
      onLost: () => {},
      onError: () => {},
      ...more,
    });
    this.#nodes.add(node);
    return node;
  }

  /** Everything of this place is gone, as after FLUSHALL. */
  async flush(): Promise<void> {
    for (const key of await this.keysIn()) await this.admin.del(key);
  }

  async keysIn(): Promise<string[]> {
    const masters = this.admin instanceof Cluster ? await mastersOf(this.admin) : [this.admin];
    const keys: string[] = [];
    for (const master of masters) {
      for await (const some of master.scanStream({ match: `${this.prefix}*`, count: 1_000 })) keys.push(...(some as string[]));
    }
    return keys;
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) node.abandon();
    if (this.#admin === null) return;
    await this.flush();
    this.#admin.disconnect();
  }
}

async function mastersOf(cluster: Cluster): Promise<Redis[]> {
  await cluster.ping();
  return cluster.nodes('master');
}
