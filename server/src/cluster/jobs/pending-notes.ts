import type { Client } from '../redis-client.js';
import { miss, type Missed } from './missed.js';
import { DEAD_KEPT_MS } from './queue.js';

/**
 * Notes that wait for a worker: one hash for each conversation, user → what they missed. Its job only says that it is
 * there. So a user who waits already is not added twice, and their highest seq is what is noted.
 */
export class PendingNotes {
  readonly #client: Client;
  readonly #prefix: string;

  constructor(client: Client, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  /** By conversation; one command. False: nothing was added, for more than `maxJobs` wait already. */
  async add(
    notes: ReadonlyMap<string, Missed>,
    { waiting, delayed }: { waiting: string; delayed: string },
    maxJobs: number,
  ): Promise<boolean> {
    const keys = [...notes.keys()].map((conversationId) => this.#key(conversationId));
    const values = [...notes.values()].map((missed) => [...missed].flatMap(([userId, { seq, at }]) => [userId, seq, at]));
    const args = [maxJobs, DEAD_KEPT_MS, JSON.stringify(values)];
    return (await this.#client.eval(ADD, keys.length + 2, waiting, delayed, ...keys, ...args)) === 1;
  }

  async read(conversationId: string): Promise<Missed> {
    const missed: Missed = new Map();
    for (const [userId, value] of Object.entries(await this.#client.hgetall(this.#key(conversationId)))) {
      const [seq, at] = value.split(':').map(Number);
      if (seq !== undefined && at !== undefined) miss(missed, userId, { seq, at });
    }
    return missed;
  }

  /** Leaves what was raised since it was read. */
  async forget(conversationId: string, missed: Missed): Promise<void> {
    const values = [...missed].flatMap(([userId, { seq, at }]) => [userId, `${seq}:${at}`]);
    await this.#client.eval(FORGET, 1, this.#key(conversationId), JSON.stringify(values));
  }

  #key(conversationId: string): string {
    return `${this.#prefix}:notes:${conversationId}`;
  }
}

/** A script, for users are many and seqs must never go down. All keys are in one slot. */
const ADD = `
if redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[1]) then return 0 end
for i, missed in ipairs(cjson.decode(ARGV[3])) do
  local key = KEYS[i + 2]
  for j = 1, #missed, 3 do
    local known = redis.call('HGET', key, missed[j])
    if not known or tonumber(string.match(known, '^%d+')) < missed[j + 1] then
      redis.call('HSET', key, missed[j], string.format('%.0f:%.0f', missed[j + 1], missed[j + 2]))
    end
  end
  redis.call('PEXPIRE', key, ARGV[2])
end
return 1`;

const FORGET = `
local read = cjson.decode(ARGV[1])
for i = 1, #read, 2 do
  if redis.call('HGET', KEYS[1], read[i]) == read[i + 1] then redis.call('HDEL', KEYS[1], read[i]) end
end
return 0`;
