/* The data of the model of Redis, and the commands on it that the servers use. */

export type StreamId = readonly [ms: number, n: number];
interface StreamEntry {
  id: StreamId;
  fields: Buffer[];
}
interface Group {
  delivered: StreamId;
  /** Id as text → whose. */
  pending: Map<string, { id: StreamId; consumer: string }>;
}
interface Stream {
  entries: StreamEntry[];
  last: StreamId;
  groups: Map<string, Group>;
}
interface Kinds {
  text: string;
  hash: Map<string, string>;
  list: string[];
  bits: Set<number>;
  stream: Stream;
}
type Kind = keyof Kinds;
interface Held {
  kind: Kind;
  value: Kinds[Kind];
  /** By the clock of Redis; null: for good. */
  expiresAt: number | null;
}

/** As Redis says it. */
export class RedisError extends Error {
  override name = 'ReplyError';
}

const compare = (a: StreamId, b: StreamId) => a[0] - b[0] || a[1] - b[1];
export const textOf = ([ms, n]: StreamId) => `${ms}-${n}`;
const idOf = (text: string): StreamId => {
  const [ms = 0, n = 0] = text.split('-').map(Number);
  return [ms, n];
};

export class RedisData {
  #keys = new Map<string, Held>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs();
  }

  /** A copy for a replica, or a file that lags. */
  copy(): RedisData {
    const copy = new RedisData(this.#nowMs);
    copy.#keys = structuredClone(this.#keys);
    for (const held of copy.#keys.values()) {
      if (held.kind !== 'stream') continue;
      // A clone makes plain arrays of bytes.
      for (const entry of (held.value as Stream).entries) entry.fields = entry.fields.map((field) => Buffer.from(field));
    }
    return copy;
  }

  keys(): string[] {
    return [...this.#keys.keys()];
  }

  exists(key: string): boolean {
    return this.#held(key) !== undefined;
  }

  del(...keys: string[]): number {
    return keys.filter((key) => this.exists(key) && this.#keys.delete(key)).length;
  }

  pexpire(key: string, ms: number): number {
    const held = this.#held(key);
    if (held === undefined) return 0;
    held.expiresAt = this.nowMs + Number(ms);
    return 1;
  }

  pttl(key: string): number {
    const held = this.#held(key);
    if (held === undefined) return -2;
    return held.expiresAt === null ? -1 : Math.ceil(held.expiresAt - this.nowMs);
  }

  get(key: string): string | null {
    return this.#value(key, 'text') ?? null;
  }

  set(key: string, value: string, ...options: (string | number)[]): 'OK' | null {
    if (options.includes('NX') && this.exists(key)) return null;
    const px = options.indexOf('PX');
    const expiresAt = px < 0 ? null : this.nowMs + Number(options[px + 1]);
    this.#keys.set(key, { kind: 'text', value: String(value), expiresAt });
    return 'OK';
  }

  hget(key: string, field: string): string | null {
    return this.#value(key, 'hash')?.get(field) ?? null;
  }

  hset(key: string, field: string, value: string): number {
    const hash = this.#make(key, 'hash', () => new Map());
    const isNew = !hash.has(field);
    hash.set(field, String(value));
    return Number(isNew);
  }

  hdel(key: string, ...fields: string[]): number {
    const hash = this.#value(key, 'hash');
    if (hash === undefined) return 0;
    const deleted = fields.filter((field) => hash.delete(field)).length;
    if (hash.size === 0) this.#keys.delete(key);
    return deleted;
  }

  hkeys(key: string): string[] {
    return [...(this.#value(key, 'hash')?.keys() ?? [])];
  }

  hgetall(key: string): [string, string][] {
    return [...(this.#value(key, 'hash') ?? [])];
  }

  lrange(key: string, from: number, to: number): string[] {
    const list = this.#value(key, 'list') ?? [];
    const at = (index: number) => (index < 0 ? Math.max(0, list.length + index) : index);
    return list.slice(at(from), at(to) + 1);
  }

  rpushx(key: string, ...values: string[]): number {
    const list = this.#value(key, 'list');
    return list === undefined ? 0 : list.push(...values);
  }

  rpush(key: string, ...values: string[]): number {
    return this.#make(key, 'list', () => []).push(...values);
  }

  ltrim(key: string, from: number, to: number): 'OK' {
    const list = this.#value(key, 'list');
    if (list !== undefined) list.splice(0, list.length, ...this.lrange(key, from, to));
    if (list?.length === 0) this.#keys.delete(key);
    return 'OK';
  }

  setbit(key: string, position: number): void {
    this.#make(key, 'bits', () => new Set()).add(Number(position));
  }

  getbit(key: string, position: number): boolean {
    return this.#value(key, 'bits')?.has(Number(position)) ?? false;
  }

  xlen(key: string): number {
    return this.#value(key, 'stream')?.entries.length ?? 0;
  }

  /** Null: there is no such stream, and none is to be made. */
  xadd(key: string, fields: Buffer[], maxLength: number | null): string | null {
    const stream = this.#value(key, 'stream');
    if (stream === undefined) return null;
    const now = Math.floor(this.nowMs);
    const id: StreamId = now > stream.last[0] ? [now, 0] : [stream.last[0], stream.last[1] + 1];
    stream.entries.push({ id, fields });
    stream.last = id;
    if (maxLength !== null && stream.entries.length > maxLength) stream.entries.splice(0, stream.entries.length - maxLength);
    return textOf(id);
  }

  xack(key: string, group: string, ...ids: string[]): number {
    const pending = this.#value(key, 'stream')?.groups.get(group)?.pending;
    return ids.filter((id) => pending?.delete(id) === true).length;
  }

  xtrimBelow(key: string, min: string): number {
    return this.#cut(key, (id) => compare(id, idOf(min)) < 0);
  }

  xdel(key: string, ...ids: string[]): number {
    return this.#cut(key, (id) => ids.includes(textOf(id)));
  }

  /** All of its entries are trimmed. */
  xtrimAll(key: string): number {
    return this.#cut(key, () => true);
  }

  xgroupCreate(key: string, group: string): 'OK' {
    const stream = this.#make(key, 'stream', () => ({ entries: [], last: [0, 0] as StreamId, groups: new Map() }));
    if (stream.groups.has(group)) throw new RedisError('BUSYGROUP Consumer Group name already exists');
    stream.groups.set(group, { delivered: [0, 0], pending: new Map() });
    return 'OK';
  }

  xgroupDestroyAll(key: string): void {
    this.#value(key, 'stream')?.groups.clear();
  }

  /** What is read and not acknowledged, of all groups. */
  pendingOf(key: string): string[] {
    return [...(this.#value(key, 'stream')?.groups.values() ?? [])].flatMap(({ pending }) => [...pending.keys()]);
  }

  isStream(key: string): boolean {
    return this.#keys.get(key)?.kind === 'stream';
  }

  xrange(key: string, limit: number): [Buffer, Buffer[]][] {
    return (this.#value(key, 'stream')?.entries ?? []).slice(0, limit).map(({ id, fields }) => [Buffer.from(textOf(id)), fields]);
  }

  /** `after`: '>' for what is new, or an id for what the consumer has had. Null: nothing new. */
  xreadgroup(key: string, group: string, consumer: string, limit: number, after: string): [Buffer, Buffer[] | null][] | null {
    const stream = this.#value(key, 'stream');
    const its = stream?.groups.get(group);
    if (stream === undefined || its === undefined) {
      throw new RedisError(`NOGROUP No such key '${key}' or consumer group '${group}' in XREADGROUP with GROUP option`);
    }
    if (after === '>') {
      const fresh = stream.entries.filter(({ id }) => compare(id, its.delivered) > 0).slice(0, limit);
      const last = fresh.at(-1);
      if (last === undefined) return null;
      its.delivered = last.id;
      for (const { id } of fresh) its.pending.set(textOf(id), { id, consumer });
      return fresh.map(({ id, fields }) => [Buffer.from(textOf(id)), fields]);
    }
    return [...its.pending.values()]
      .filter((pending) => pending.consumer === consumer && compare(pending.id, idOf(after)) > 0)
      .sort((a, b) => compare(a.id, b.id))
      .slice(0, limit)
      .map(({ id }) => {
        const entry = stream.entries.find((each) => compare(each.id, id) === 0);
        return [Buffer.from(textOf(id)), entry?.fields ?? null];
      });
  }

  #cut(key: string, isCut: (id: StreamId) => boolean): number {
    const stream = this.#value(key, 'stream');
    if (stream === undefined) return 0;
    const before = stream.entries.length;
    stream.entries = stream.entries.filter(({ id }) => !isCut(id));
    return before - stream.entries.length;
  }

  #held(key: string): Held | undefined {
    const held = this.#keys.get(key);
    if (held === undefined || held.expiresAt === null || held.expiresAt > this.nowMs) return held;
    this.#keys.delete(key);
    return undefined;
  }

  #value<K extends Kind>(key: string, kind: K): Kinds[K] | undefined {
    const held = this.#held(key);
    if (held === undefined) return undefined;
    if (held.kind !== kind) throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
    return held.value as Kinds[K];
  }

  #make<K extends Kind>(key: string, kind: K, make: () => Kinds[K]): Kinds[K] {
    const present = this.#value(key, kind);
    if (present !== undefined) return present;
    const value = make();
    this.#keys.set(key, { kind, value, expiresAt: null });
    return value;
  }
}
