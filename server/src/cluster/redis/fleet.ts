import { http } from '@parley/protocol';
import type { Fleet, ServerNumbers } from '../../ports/fleet.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import type { Servers } from './servers.js';

/** A server tells every few seconds; what is older is of one that has ended. */
const KEPT_MS = 60_000;

/** What the servers tell of themselves: one hash, a field for each. */
export class RedisFleet implements Fleet {
  readonly #connections: RedisConnections;
  readonly #key: string;
  readonly #servers: Servers;
  readonly #boot: string;
  readonly #runtime: Runtime;

  constructor(parts: { connections: RedisConnections; keys: Keys; servers: Servers; boot: string; runtime: Runtime }) {
    this.#connections = parts.connections;
    this.#key = parts.keys.numbers;
    this.#servers = parts.servers;
    this.#boot = parts.boot;
    this.#runtime = parts.runtime;
  }

  async tell(numbers: ServerNumbers): Promise<void> {
    await this.#connections.shared.hset(this.#key, this.#boot, JSON.stringify(numbers));
  }

  async others(): Promise<ServerNumbers[]> {
    await this.#servers.refresh();
    const told = Object.entries(await this.#connections.shared.hgetall(this.#key));
    const others = told.filter(([boot]) => boot !== this.#boot);
    const ended = others.filter(([boot, text]) => !this.#servers.isLive(boot) && this.#isOld(numbersOf(text)));
    if (ended.length > 0) await this.#connections.shared.hdel(this.#key, ...ended.map(([boot]) => boot));
    return others.flatMap(([boot, text]) => (this.#servers.isLive(boot) ? (numbersOf(text) ?? []) : []));
  }

  #isOld(numbers: ServerNumbers | null): boolean {
    return numbers === null || this.#runtime.now() - numbers.at > KEPT_MS;
  }
}

/** Null: of a version that says it in another way. */
function numbersOf(text: string): ServerNumbers | null {
  return http.ServerNumbers.safeParse(JSON.parse(text)).data ?? null;
}
