import type { Client } from '../redis-client.js';

/** The queues there are, with the time at which a worker last said that it serves them. */
export class Registry {
  readonly #client: Client;
  readonly #key: string;

  constructor(client: Client, prefix: string) {
    this.#client = client;
    this.#key = `${prefix}:queues`;
  }

  async confirm(queues: readonly string[], now: number): Promise<void> {
    await this.#client.zadd(this.#key, 'GT', ...queues.flatMap((queue): string[] => [String(now), queue]));
  }

  async all(): Promise<string[]> {
    return (await this.#client.zrange(this.#key, '0', '-1')).sort();
  }

  async unconfirmedSince(time: number): Promise<string[]> {
    return this.#client.zrangebyscore(this.#key, '-inf', time);
  }

  async remove(queue: string): Promise<void> {
    await this.#client.zrem(this.#key, queue);
  }
}
