import { createHash } from 'node:crypto';
import type { Client, openClient } from '../../../server/src/cluster/redis-client.js';
import type { Chance } from '../chance.js';
import { EPOCH, type Time, type Timer } from '../time.js';
import type { Asker } from './asker.js';
import { ModelClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisData, RedisError } from './redis-data.js';
import type { Run } from './redis-scripts.js';

export interface RedisOptions {
  /** One way, between a server and Redis. */
  minLatencyMs: number;
  maxLatencyMs: number;
  clockOffMs: number;
}

export const CALM_REDIS: RedisOptions = { minLatencyMs: 0.1, maxLatencyMs: 0.8, clockOffMs: 0 };

/** What a planted bug may change of what the servers send. */
export interface RedisBugs {
  /** R10: a server is not told that it was taken for dead. */
  renewsAlways?: boolean;
  /** R10: nobody takes over. */
  claimsNever?: boolean;
  /** R9: it is always the same Redis. */
  hidesEpoch?: boolean;
  /** R8: a deletion in the directory is not fenced, and comes late. */
  deletesUnfenced?: boolean;
}

interface Blocked {
  connection: RedisConnection;
  key: string;
  read: () => unknown;
  answer: (reply: unknown) => void;
  failed: (error: unknown) => void;
  timer: Timer;
}

/** One Redis: it can lose all, lose its newest part (a replica that lagged takes over), be away, or not answer. */
export class RedisModel {
  readonly time: Time;
  readonly chance: Chance;
  readonly options: RedisOptions;
  readonly bugs: RedisBugs;
  data: RedisData;
  runId: string;
  isDown = false;
  /** Servers whose packets do not pass. What is under way on a connection passes later, as TCP has it, if it lives so long. */
  readonly #dark = new Set<Asker>();
  readonly #connections = new Set<RedisConnection>();
  readonly #scripts = new Map<string, string>();
  #blocked: Blocked[] = [];
  /** How much its clock jumped. */
  #jumpedMs = 0;
  onEvent: (what: string) => void = () => undefined;

  constructor(time: Time, chance: Chance, options: Partial<RedisOptions> = {}, bugs: RedisBugs = {}) {
    this.time = time;
    this.chance = chance;
    this.options = { ...CALM_REDIS, ...options };
    this.bugs = bugs;
    this.data = new RedisData(() => EPOCH + time.now() + this.options.clockOffMs + this.#jumpedMs);
    this.runId = chance.hex();
  }

  /** How a server opens its clients. */
  open(asker: Asker): typeof openClient {
    return (_options, use) => new ModelClient(this, asker, use) as unknown as Client;
  }

  flushAll(): void {
    this.data = new RedisData(() => EPOCH + this.time.now() + this.options.clockOffMs + this.#jumpedMs);
    this.#unblock(new RedisError('UNBLOCKED the stream key no longer exists'));
  }

  /** It ends; what is under way is lost. */
  goDown(): void {
    this.isDown = true;
    for (const connection of [...this.#connections]) connection.break();
    this.#blocked = [];
  }

  /** As another process, with the data given: its own, or that of a replica. */
  comeBack(data: RedisData): void {
    this.isDown = false;
    this.runId = this.chance.hex();
    this.data = data;
    this.#scripts.clear();
  }

  darken(asker: Asker): void {
    this.#dark.add(asker);
  }

  isDark(asker: Asker): boolean {
    return this.#dark.has(asker);
  }

  /** Packets pass again: of all servers, or of one. */
  lighten(asker?: Asker): void {
    if (asker === undefined) this.#dark.clear();
    else this.#dark.delete(asker);
    for (const connection of [...this.#connections]) connection.goOn();
  }

  jump(ms: number): void {
    this.#jumpedMs += ms;
  }

  trimStreams(): void {
    for (const key of this.data.keys()) if (this.data.isStream(key)) this.data.xtrimAll(key);
  }

  forgetGroups(): void {
    for (const key of this.data.keys()) if (this.data.isStream(key)) this.data.xgroupDestroyAll(key);
    this.#unblock(new RedisError('NOGROUP the consumer group this client was blocked on no longer exists'));
  }

  latencyMs(): number {
    return this.chance.between(this.options.minLatencyMs, this.options.maxLatencyMs);
  }

  connected(connection: RedisConnection): void {
    this.#connections.add(connection);
  }

  disconnected(connection: RedisConnection): void {
    this.#connections.delete(connection);
    this.#blocked = this.#blocked.filter((blocked) => blocked.connection !== connection);
  }

  /** A script, and what it tells of what the servers are at. */
  run(script: Run, lua: string, keys: readonly string[], args: readonly string[]): unknown {
    const { bugs } = this;
    if (bugs.claimsNever === true && lua.includes('local row = ARGV[3]')) return null;
    if (bugs.hidesEpoch === true && lua.includes('local epoch')) return '0';
    if (bugs.deletesUnfenced === true && lua.includes('string.match(value')) {
      this.time.after(this.chance.between(500, 3_000), () => this.data.hdel(keys[0] ?? '', args[0] ?? ''));
      return 1;
    }
    const told = script(this.data, keys, args);
    const isRefused = Array.isArray(told) && told[0] === 0;
    const reply = isRefused && bugs.renewsAlways === true ? [1, told[1], this.data.hgetall(keys[0] ?? '').flat()] : told;
    if (typeof reply === 'string' && reply.startsWith('taken ')) this.onEvent('a dead server was claimed');
    if (typeof reply === 'string' && reply.startsWith('gone ')) this.onEvent('a dead server was taken over');
    if (isRefused) this.onEvent('a server came back that was taken for dead');
    return reply;
  }

  script(sha: string): string | undefined {
    return this.#scripts.get(sha);
  }

  keepScript(lua: string): void {
    this.#scripts.set(createHash('sha1').update(lua).digest('hex'), lua);
  }

  block(blocked: Omit<Blocked, 'timer'>, ms: number): void {
    const timer = this.time.after(ms, () => {
      this.#blocked = this.#blocked.filter((other) => other !== whole);
      blocked.answer(null);
    });
    const whole: Blocked = { ...blocked, timer };
    this.#blocked.push(whole);
  }

  /** Something was added to a stream. */
  wake(key: string): void {
    for (const blocked of this.#blocked.filter((each) => each.key === key)) {
      const reply = blocked.read();
      if (reply === null) continue;
      this.#blocked = this.#blocked.filter((other) => other !== blocked);
      blocked.timer.cancel();
      blocked.answer(reply);
    }
  }

  gone(key: string): void {
    if (!this.data.exists(key)) this.#unblock(new RedisError('UNBLOCKED the stream key no longer exists'), key);
  }

  publish(channel: string, message: Buffer): number {
    const concerned = [...this.#connections].filter((connection) => connection.channels.has(channel));
    for (const connection of concerned) connection.message(channel, message);
    return concerned.length;
  }

  #unblock(error: RedisError, key?: string): void {
    const freed = this.#blocked.filter((blocked) => key === undefined || blocked.key === key);
    this.#blocked = this.#blocked.filter((blocked) => !freed.includes(blocked));
    for (const { timer, failed } of freed) {
      timer.cancel();
      failed(error);
    }
  }
}
