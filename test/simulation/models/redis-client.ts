import { EventEmitter } from 'node:events';
import type { ClientUse } from '../../../server/src/cluster/redis-client.js';
import type { Timer } from '../time.js';
import type { Asker } from './asker.js';
import { RedisConnection } from './redis-connection.js';
import { RedisError, type RedisData } from './redis-data.js';
import { modelOf } from './redis-scripts.js';
import type { RedisModel } from './redis.js';

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
const SILENCE_MS = 1_500;
const COMMAND_TIMEOUT_MS = 1_000;
const BLOCKING_TIMEOUT_MS = 3_000;
type Argument = string | number | Buffer;

/** What the servers use of a client of ioredis. */
export class ModelClient extends EventEmitter {
  readonly isCluster = false;
  readonly #model: RedisModel;
  readonly #asker: Asker;
  readonly #use: ClientUse;
  #connection: RedisConnection | null = null;
  #tries = 0;
  #isEnded = false;
  #watch: Timer | null = null;
  /** Counted by whoever replaces it. */
  sendCommand: (name: string) => unknown = () => undefined;

  constructor(model: RedisModel, asker: Asker, use: ClientUse) {
    super();
    this.#model = model;
    this.#asker = asker;
    this.#use = use;
    asker.onDeath(() => this.#die());
    this.#connect();
  }

  disconnect(reconnect = false): void {
    this.#isEnded ||= !reconnect;
    const connection = this.#connection;
    if (connection === null) return;
    connection.isBroken = true;
    this.#model.disconnected(connection);
    this.lost(connection);
  }

  /** Told by the connection. */
  lost(connection: RedisConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    this.#watch?.cancel();
    this.#watch = null;
    const waiting = [...connection.waiting];
    connection.waiting.clear();
    for (const { reject } of waiting) reject(new Error('Connection is closed.'));
    this.emit('close');
    if (!this.#isEnded) this.#again();
  }

  get = (key: string) => this.#ask('get', [key], (data) => data.get(key)) as Promise<string | null>;
  set = (key: string, value: string, ...options: (string | number)[]) =>
    this.#ask('set', [key, value, ...options], (data) => data.set(key, value, ...options));
  del = (...keys: string[]) =>
    this.#ask('del', keys, (data) => {
      const deleted = data.del(...keys);
      for (const key of keys) this.#model.gone(key);
      return deleted;
    });
  pexpire = (key: string, ms: number) => this.#ask('pexpire', [key, ms], (data) => data.pexpire(key, ms));
  pttl = (key: string) => this.#ask('pttl', [key], (data) => data.pttl(key));
  hset = (key: string, field: string, value: string) =>
    this.#ask('hset', [key, field, value], (data) => data.hset(key, field, value));
  hdel = (key: string, ...fields: string[]) => this.#ask('hdel', [key, ...fields], (data) => data.hdel(key, ...fields));
  hget = (key: string, field: string) => this.#ask('hget', [key, field], (data) => data.hget(key, field));
  hkeys = (key: string) => this.#ask('hkeys', [key], (data) => data.hkeys(key));
  hgetall = (key: string) => this.#ask('hgetall', [key], (data) => Object.fromEntries(data.hgetall(key)));
  lrange = (key: string, from: number, to: number) => this.#ask('lrange', [key, from, to], (data) => data.lrange(key, from, to));
  rpushx = (key: string, ...values: string[]) => this.#ask('rpushx', [key, ...values], (data) => data.rpushx(key, ...values));
  ltrim = (key: string, from: number, to: number) => this.#ask('ltrim', [key, from, to], (data) => data.ltrim(key, from, to));
  ping = () => this.#ask('ping', [], () => 'PONG');
  info = (part: string) =>
    this.#ask('info', [part], () => `# Server\r\nrun_id:${this.#model.bugs.hidesEpoch === true ? '0' : this.#model.runId}\r\n`);
  config = (_get: string, name: string) => this.#ask('config', [name], () => [name, name === 'appendonly' ? 'yes' : '0']);
  publish = (channel: string, message: string | Buffer) =>
    this.#ask('publish', [channel, message], () => this.#model.publish(channel, Buffer.from(message as string)));

  /** NOMKSTREAM [MAXLEN ~ n] * field value … */
  xadd = (key: string, ...args: Argument[]) =>
    this.#ask('xadd', [key, ...args], (data) => {
      const star = args.indexOf('*');
      const maxLength = args[1] === 'MAXLEN' ? Number(args[3]) : null;
      const fields = args.slice(star + 1).map((each) => (Buffer.isBuffer(each) ? each : Buffer.from(String(each))));
      const id = data.xadd(key, fields, maxLength);
      if (id !== null) this.#model.wake(key);
      return id;
    });
  xack = (key: string, group: string, ...ids: string[]) =>
    this.#ask('xack', [key, group, ...ids], (data) => data.xack(key, group, ...ids));
  xtrim = (key: string, _how: string, min: string) => this.#ask('xtrim', [key, min], (data) => data.xtrimBelow(key, min));
  xdel = (key: string, ...ids: string[]) =>
    this.#ask('xdel', [key, ...ids], (data) => {
      this.#model.onEvent('entries of a dead server were handed on');
      return data.xdel(key, ...ids);
    });
  xgroup = (_create: string, key: string, group: string) =>
    this.#ask('xgroup', [key, group], (data) => data.xgroupCreate(key, group));
  xrangeBuffer = (key: string, _from: string, _to: string, _count: string, limit: number) =>
    this.#ask('xrange', [key], (data) => data.xrange(key, limit));

  /** GROUP group consumer COUNT n BLOCK ms STREAMS key after. What is not answered in time is, for ioredis, an empty answer. */
  xreadgroupBuffer(...args: Argument[]): Promise<unknown> {
    const [, group, consumer, , limit, , blockMs, , key, after] = args.map(String) as string[];
    const connection = this.#connection;
    if (connection === null || key === undefined) return Promise.reject(notWritable());
    this.sendCommand('xreadgroup');
    const read = () => {
      const entries = this.#model.data.xreadgroup(key, group ?? '', consumer ?? '', Number(limit), after ?? '');
      return entries === null ? null : [[Buffer.from(key), entries]];
    };
    const answered = connection.send((answer, failed) => {
      try {
        const reply = read();
        if (reply !== null) answer(reply);
        else this.#model.block({ connection, key, read, answer, failed }, Number(blockMs));
      } catch (error) {
        failed(error);
      }
    });
    return this.#within(answered, BLOCKING_TIMEOUT_MS, (resolve) => resolve(null));
  }

  subscribe(...channels: string[]): Promise<unknown> {
    return this.#subscription('subscribe', (connection) => channels.forEach((channel) => connection.channels.add(channel)));
  }

  unsubscribe(...channels: string[]): Promise<unknown> {
    return this.#subscription('unsubscribe', (connection) => channels.forEach((channel) => connection.channels.delete(channel)));
  }

  evalsha(sha: string, count: number, ...rest: Argument[]): Promise<unknown> {
    return this.#ask('evalsha', [sha, ...rest], () => {
      const lua = this.#model.script(sha);
      if (lua === undefined) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
      return this.#run(lua, count, rest);
    });
  }

  eval(lua: string, count: number, ...rest: Argument[]): Promise<unknown> {
    return this.#ask('eval', [lua, ...rest], () => {
      this.#model.keepScript(lua);
      return this.#run(lua, count, rest);
    });
  }

  #run(lua: string, count: number, rest: Argument[]): unknown {
    const run = modelOf(lua);
    if (run === null) throw new Error(`the model of Redis does not know this script: ${lua}`);
    const texts = rest.map(String);
    const keys = texts.slice(0, count);
    const reply = this.#model.run(run, lua, keys, texts.slice(count));
    for (const key of keys) this.#model.gone(key);
    return reply;
  }

  #ask(name: string, _args: readonly unknown[], run: (data: RedisData) => unknown): Promise<unknown> {
    this.sendCommand(name);
    const connection = this.#connection;
    if (connection === null) return Promise.reject(notWritable());
    this.#watchSilence();
    const answered = connection.send((answer, failed) => {
      try {
        answer(run(this.#model.data));
      } catch (error) {
        failed(error);
      }
    });
    if (this.#use.each.commandTimeout === undefined) return answered;
    return this.#within(answered, COMMAND_TIMEOUT_MS, (_, reject) => reject(new Error('Command timed out')));
  }

  #subscription(name: string, run: (connection: RedisConnection) => void): Promise<unknown> {
    const connection = this.#connection;
    return this.#ask(name, [], () => connection !== null && run(connection));
  }

  #within(
    answered: Promise<unknown>,
    ms: number,
    late: (resolve: (reply: unknown) => void, reject: (error: unknown) => void) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = this.#model.time.after(ms, () => this.#asker.run(() => late(resolve, reject)));
      answered.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** A connection that owes answers and brings none is broken off. */
  #watchSilence(): void {
    if (this.#use.each.socketTimeout === undefined || this.#watch !== null) return;
    this.#watch = this.#model.time.after(SILENCE_MS, () =>
      this.#asker.run(() => {
        this.#watch = null;
        const connection = this.#connection;
        if (connection === null || connection.waiting.size === 0) return;
        if (this.#model.time.now() - connection.heardAt >= SILENCE_MS) this.disconnect(true);
        else this.#watchSilence();
      }),
    );
  }

  #connect(): void {
    const { time } = this.#model;
    time.after(2 * this.#model.latencyMs(), () =>
      this.#asker.run(() => {
        if (this.#isEnded || this.#connection !== null) return;
        if (this.#model.isDown || this.#model.isDark(this.#asker)) return this.#again();
        this.#tries = 0;
        this.#connection = new RedisConnection(this.#model, this.#asker, this);
        this.emit('ready');
      }),
    );
  }

  #again(): void {
    this.#tries += 1;
    const ms = Math.min(RETRY_MIN_MS * 2 ** Math.min(this.#tries, 10), RETRY_MAX_MS) * (0.5 + this.#use.random() / 2);
    this.#model.time.after(ms, () => this.#asker.run(() => this.#connect()));
  }

  #die(): void {
    const connection = this.#connection;
    this.#isEnded = true;
    if (connection === null) return;
    connection.isBroken = true;
    this.#model.disconnected(connection);
  }
}

const notWritable = () => new Error("Stream isn't writeable and enableOfflineQueue options is false");
