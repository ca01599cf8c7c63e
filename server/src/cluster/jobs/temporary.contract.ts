import { randomBytes } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, inject } from 'vitest';
import { processRuntime } from '../../host/runtime.js';
import type { Logger } from '../../ports/logger.js';
import type { RedisOptions } from '../options.js';
import type { JobGauge } from './gauges.js';
import { openJobs, type Jobs, type JobsParts } from './open.js';

type At = RedisOptions['at'];

/**
 * Runs the tests on a single Redis and, at the same time, on a cluster: they wait more than they work. Without one they
 * are skipped, which CI takes for a failure.
 */
export function onEachRedis(name: string, tests: (redis: TestRedis) => void): void {
  onRedis(name, 'single', tests);
  onRedis(name, 'cluster', tests);
}

export function onRedis(name: string, kind: 'single' | 'cluster', tests: (redis: TestRedis) => void): void {
  const at = addressOf(kind);
  if (at === null) sayMissing(kind, name);
  describe.skipIf(at === null).concurrent(`${name} on ${kind === 'single' ? 'a Redis' : 'a Redis Cluster'}`, () => {
    describe.sequential('one after the other', () => {
      tests(new TestRedis(at ?? NOWHERE));
    });
  });
}

const NOWHERE: At = { kind: 'single', url: 'redis://127.0.0.1:1' };

function sayMissing(kind: 'single' | 'cluster', name: string): void {
  const setting = kind === 'single' ? 'REDIS_URL' : 'REDIS_CLUSTER';
  if (process.env['CI']) throw new Error(`${setting} is not set, and in CI nothing is skipped`);
  process.stdout.write(`skipped, for ${setting} is not set: ${name}\n`);
}

/** From the environment, or from what the run brought up. */
function addressOf(kind: 'single' | 'cluster'): At | null {
  if (kind === 'single') {
    const url = process.env['REDIS_URL'] || inject('redis');
    return url ? { kind, url } : null;
  }
  const nodes = process.env['REDIS_CLUSTER'] || inject('redisCluster');
  return nodes ? { kind, nodes: nodes.split(',') } : null;
}

/** A Redis that is shared with others: everything of these tests is behind a prefix of their own. */
export class TestRedis {
  readonly options: RedisOptions;
  readonly client: Redis | Cluster;
  readonly #open: Jobs[] = [];

  constructor(at: At) {
    this.options = { at, user: null, password: null, tls: null, prefix: `parley-${randomBytes(6).toString('hex')}:` };
    this.client = clientOf(at);
    afterEach(async () => {
      for (const jobs of this.#open.splice(0)) await jobs.close();
      await this.flush();
    });
    afterAll(() => this.client.disconnect());
  }

  /** One process of the cluster; closed after the test. */
  async node(parts: Omit<JobsParts, 'redis' | 'runtime' | 'meter' | 'logger'> & Partial<JobsParts>): Promise<Jobs> {
    const jobs = await openJobs({ redis: this.options, runtime: processRuntime, meter: new Figures(), logger: silent, ...parts });
    this.#open.push(jobs);
    return jobs;
  }

  async keys(): Promise<string[]> {
    const pattern = `*${this.options.prefix}*`;
    if (this.client instanceof Redis) return this.client.keys(pattern);
    return (await Promise.all(this.client.nodes('master').map((node) => node.keys(pattern)))).flat();
  }

  /** What FLUSHALL does to us: everything goes in one moment. All keys of the jobs are in one slot. */
  async flush(): Promise<void> {
    const keys = await this.keys();
    if (keys.length > 0) await this.client.del(...keys);
  }
}

function clientOf(at: At): Redis | Cluster {
  if (at.kind === 'single') return new Redis(at.url, { lazyConnect: true });
  if (at.kind !== 'cluster') throw new Error('no address');
  return new Cluster([...at.nodes], { lazyConnect: true });
}

/** A way to a Redis that can be cut, or be silent. */
export class Bridge {
  readonly url: string;
  readonly #sockets: Set<Socket>;
  readonly #setMode: (mode: 'open' | 'cut' | 'silent') => void;
  readonly #close: () => void;

  private constructor(parts: {
    url: string;
    sockets: Set<Socket>;
    setMode: (mode: 'open' | 'cut' | 'silent') => void;
    close: () => void;
  }) {
    this.url = parts.url;
    this.#sockets = parts.sockets;
    this.#setMode = parts.setMode;
    this.#close = parts.close;
  }

  static async to(url: string): Promise<Bridge> {
    const { hostname, port } = new URL(url);
    const sockets = new Set<Socket>();
    let mode: 'open' | 'cut' | 'silent' = 'open';
    const server = createServer((near) => {
      if (mode === 'cut') return void near.destroy();
      const far = connect(Number(port), hostname);
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        sockets.add(from);
        from.on('data', (data) => mode !== 'silent' && to.write(data));
        from.on('error', () => undefined);
        from.on('close', () => (sockets.delete(from), to.destroy()));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bridge = new Bridge({
      url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
      sockets,
      setMode: (next) => (mode = next),
      close: () => server.close(),
    });
    afterAll(() => bridge.close());
    return bridge;
  }

  cut(): void {
    this.#setMode('cut');
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes everything and answers nothing. */
  silence(): void {
    this.#setMode('silent');
  }

  /** What was lost in between stays lost: connections begin anew. */
  mend(): void {
    this.#setMode('open');
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#close();
  }
}

/** Keeps the last of each figure. */
export class Figures {
  readonly values = new Map<JobGauge, number>();

  set(name: JobGauge, value: number): void {
    this.values.set(name, value);
  }
}

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

/** Waits until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) expect.fail(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}
