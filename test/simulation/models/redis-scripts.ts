import type { RedisData } from './redis-data.js';

export type Run = (data: RedisData, keys: readonly string[], args: readonly string[]) => unknown;

const first = (text: string | undefined) => Number(/^\d+/.exec(text ?? '')?.[0] ?? Number.NaN);
const flat = (data: RedisData, key: string) => data.hgetall(key).flat();
const now = (data: RedisData) => Math.floor(data.nowMs);

/** The Lua scripts of cluster/redis/, each told by a line that no other has. */
const SCRIPTS: readonly (readonly [line: string, run: Run])[] = [
  [
    "local epoch = redis.call('GET', KEYS[1])",
    (data, [key = ''], [fresh = '']) => {
      const epoch = data.get(key);
      if (epoch === null) data.set(key, fresh);
      return epoch ?? fresh;
    },
  ],
  [
    "redis.call('SETBIT', KEYS[1], ARGV[i], 1)",
    (data, [key = ''], positions) => {
      for (const position of positions) data.setbit(key, Number(position));
      return 1;
    },
  ],
  [
    "redis.call('GETBIT', KEYS[1], ARGV[i])",
    (data, [bits = '', complete = ''], [epoch, ...positions]) => {
      if (data.get(complete) !== epoch) return 1;
      return positions.every((position) => data.getbit(bits, Number(position))) ? 1 : 0;
    },
  ],
  [
    "tonumber(string.match(value, '^%d+')) > tonumber(ARGV[2])",
    (data, [key = ''], [field = '', generation]) => {
      const value = data.hget(key, field);
      if (value === null || first(value) > Number(generation)) return 0;
      return data.hdel(key, field);
    },
  ],
  [
    "'live ' .. (now + ARGV[2]) .. ' ' .. ARGV[3]",
    (data, [key = ''], [boot = '', leaseMs, hears = '']) => {
      const row = data.hget(key, boot);
      if (row !== null && !row.startsWith('live')) return [0, now(data), []];
      data.hset(key, boot, `live ${now(data) + Number(leaseMs)} ${hears}`);
      return [1, now(data), flat(data, key)];
    },
  ],
  [
    "local row = ARGV[3] .. ' ' .. (now + ARGV[4]) .. ' ' .. ARGV[5]",
    (data, [key = ''], [boot = '', expected, kind = '', ms, by = '']) => {
      if (data.hget(key, boot) !== expected) return null;
      const row = `${kind} ${now(data) + Number(ms)} ${by}`;
      data.hset(key, boot, row);
      return row;
    },
  ],
  [
    "'gone ' .. (now + ARGV[2]) .. ' -'",
    (data, [key = ''], [boot = '', ms]) => data.hset(key, boot, `gone ${now(data) + Number(ms)} -`),
  ],
  [
    "if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end",
    (data, [key = ''], [boot = '', expected]) => (data.hget(key, boot) === expected ? data.hdel(key, boot) : 0),
  ],
  ["return {1, now, redis.call('HGETALL', KEYS[1])}", (data, [key = '']) => [1, now(data), flat(data, key)]],
  [
    "redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))",
    (data, [key = ''], [to, keptMs, ...texts]) => {
      const list = data.lrange(key, 0, -1);
      const last = first(list.at(-1));
      if (last >= Number(to) && last - first(list[0]) + 1 === list.length) return 0;
      data.del(key);
      data.rpush(key, ...texts);
      data.pexpire(key, Number(keptMs));
      return 1;
    },
  ],
  [
    "string.format('%.3f', next)",
    (data, [key = ''], [tokensMs, burstMs]) => {
      const next = Math.min(Math.max(Number(data.get(key) ?? 0), now(data)) + Number(tokensMs), now(data) + Number(burstMs));
      const ms = Math.ceil(next - now(data));
      if (ms > 0) data.set(key, next.toFixed(3), 'PX', ms);
      return ms;
    },
  ],
  [
    "if redis.call('XLEN', KEYS[1]) > 0 then return 0 end",
    (data, [key = '']) => {
      if (data.xlen(key) > 0) return 0;
      data.del(key);
      return 1;
    },
  ],
];

/** What the script does, or null if it is not modelled yet. */
export function modelOf(lua: string): Run | null {
  return SCRIPTS.find(([line]) => lua.includes(line))?.[1] ?? null;
}
