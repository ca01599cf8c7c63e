import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Client } from '../redis-client.js';
import type { Keys } from './keys.js';
import { Script } from './script.js';

const EPOCH = new Script(`
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[1]
  redis.call('SET', KEYS[1], epoch)
end
return epoch`);

/**
 * Which Redis this is: random values that vanish with its data, and the run ids of its processes. When it reads
 * differently than before, anything that was stored may be gone (R9).
 */
export class Epoch {
  readonly #client: Client;
  readonly #keys: string[];
  readonly #newId: () => string;

  constructor(client: Client, keys: Keys, newId: () => string) {
    this.#client = client;
    this.#keys = keys.epochs(client.isCluster);
    this.#newId = newId;
  }

  async read(): Promise<string> {
    const [values, runs] = await Promise.all([
      Promise.all(this.#keys.map((key) => EPOCH.run(this.#client, key, this.#newId()))),
      this.#runs(),
    ]);
    return createHash('sha1')
      .update([...values, ...runs].join(' '))
      .digest('hex');
  }

  async #runs(): Promise<string[]> {
    const nodes = 'nodes' in this.#client ? this.#client.nodes('master') : [this.#client];
    return (await Promise.all(nodes.map(runOf))).sort();
  }
}

/** A managed Redis may not say. */
async function runOf(node: Redis): Promise<string> {
  const info = await node.info('server');
  return /^run_id:(\w+)/m.exec(info)?.[1] ?? 'unknown';
}
