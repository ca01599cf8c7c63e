import type { Client } from '../redis-client.js';
import type { Keys } from './keys.js';
import { LUA_NOW, Script } from './script.js';

/** What the registry says of a boot; times are Redis's. */
export type Row =
  | { kind: 'live'; until: number; hears: boolean }
  /** Its lease ended, and another server hands on what it was owed. */
  | { kind: 'taken'; until: number; by: string }
  /** It left, or was reaped; kept for a while, so that the others know, and it too if it comes back. */
  | { kind: 'gone'; until: number };

export interface Listed {
  row: Row;
  /** As it is stored: a claim names it, and fails when it has changed. */
  text: string;
}

export interface Roll {
  now: number;
  servers: ReadonlyMap<string, Listed>;
}

const RENEW = new Script(`${LUA_NOW}
local row = redis.call('HGET', KEYS[1], ARGV[1])
if row and string.sub(row, 1, 4) ~= 'live' then return {0, now, {}} end
redis.call('HSET', KEYS[1], ARGV[1], 'live ' .. (now + ARGV[2]) .. ' ' .. ARGV[3])
return {1, now, redis.call('HGETALL', KEYS[1])}`);

const LOOK = new Script(`${LUA_NOW}
return {1, now, redis.call('HGETALL', KEYS[1])}`);

/** Compare and set: of those who claim at the same time one wins. */
const MARK = new Script(`${LUA_NOW}
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return false end
local row = ARGV[3] .. ' ' .. (now + ARGV[4]) .. ' ' .. ARGV[5]
redis.call('HSET', KEYS[1], ARGV[1], row)
return row`);

const LEAVE = new Script(`${LUA_NOW}
return redis.call('HSET', KEYS[1], ARGV[1], 'gone ' .. (now + ARGV[2]) .. ' -')`);

const REMOVE = new Script(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`);

/** The list of servers: one hash, changed by scripts only. */
export class Registry {
  readonly #client: Client;
  readonly #key: string;

  constructor(client: Client, keys: Keys) {
    this.#client = client;
    this.#key = keys.registry;
  }

  /** Enters the boot or renews its lease; null: it was reaped. */
  async renew(boot: string, leaseMs: number, hears: boolean): Promise<Roll | null> {
    const reply = await RENEW.run(this.#client, this.#key, boot, leaseMs, hears ? 1 : 0);
    const [held, roll] = readReply(reply);
    return held ? roll : null;
  }

  async look(): Promise<Roll> {
    return readReply(await LOOK.run(this.#client, this.#key))[1];
  }

  /** Gives the new row's text; null: it is not `expected` any more. */
  async claim(boot: string, expected: string, by: string, claimMs: number): Promise<string | null> {
    return this.#mark(boot, expected, 'taken', claimMs, by);
  }

  async bury(boot: string, expected: string, keptMs: number): Promise<string | null> {
    return this.#mark(boot, expected, 'gone', keptMs, '-');
  }

  async remove(boot: string, expected: string): Promise<void> {
    await REMOVE.run(this.#client, this.#key, boot, expected);
  }

  /** A server says that it is gone. */
  async leave(boot: string, keptMs: number): Promise<void> {
    await LEAVE.run(this.#client, this.#key, boot, keptMs);
  }

  async #mark(boot: string, expected: string, kind: Row['kind'], ms: number, by: string): Promise<string | null> {
    const row = await MARK.run(this.#client, this.#key, boot, expected, kind, ms, by);
    return typeof row === 'string' ? row : null;
  }
}

function readReply(reply: unknown): [boolean, Roll] {
  const [held, now, flat] = reply as [number, number, string[]];
  const servers = new Map<string, Listed>();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const text = flat[i + 1] ?? '';
    const row = readRow(text);
    if (row !== null) servers.set(flat[i] ?? '', { row, text });
  }
  return [held === 1, { now, servers }];
}

function readRow(text: string): Row | null {
  const [kind, time, last] = text.split(' ');
  const until = Number(time);
  if (kind === 'live') return { kind, until, hears: last === '1' };
  if (kind === 'taken') return { kind, until, by: last ?? '' };
  return kind === 'gone' ? { kind, until } : null;
}
