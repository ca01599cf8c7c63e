import { createHash } from 'node:crypto';
import type { Client } from '../redis-client.js';

export type Argument = string | number | Buffer;

/**
 * A Lua script on keys of one slot. It goes by its hash, as a plain command does: ioredis's own commands for scripts choose the
 * wrong node for a batch on a cluster.
 */
export class Script {
  readonly #lua: string;
  readonly #sha: string;

  constructor(lua: string) {
    this.#lua = lua;
    this.#sha = createHash('sha1').update(lua).digest('hex');
  }

  run(client: Client, key: string, ...args: Argument[]): Promise<unknown> {
    return this.runOn(client, [key], ...args);
  }

  /** On several keys with the same hash tag. */
  async runOn(client: Client, keys: readonly string[], ...args: Argument[]): Promise<unknown> {
    try {
      return await client.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isNoScript(error)) throw error;
      return client.eval(this.#lua, keys.length, ...keys, ...args);
    }
  }
}

/** Redis's time in milliseconds as `now`, for the head of a script. */
export const LUA_NOW = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
