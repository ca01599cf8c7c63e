import { createHash } from 'node:crypto';
import { check, type Violation } from '../faults/checkers.js';
import { emptyHistory, type History, type LogEntry } from '../faults/history.js';
import { Chance } from './chance.js';
import { Device, type User } from './device.js';
import { Faults } from './faults.js';
import { CassandraModel, type CassandraOptions } from './models/cassandra.js';
import type { PostgresBugs } from './models/postgres-bugs.js';
import { PostgresModel, type PostgresOptions } from './models/postgres.js';
import { bootsBehind } from './models/postgres-statements.js';
import { RedisModel, type RedisBugs } from './models/redis.js';
import { Network } from './network.js';
import { FRESH_MS, HEAL_MS, LEAVE_MS, LOAD_FROM_MS, REST_MS } from './phases.js';
import { Process } from './process.js';
import { SimulatedServer, type Place, type ServerBugs } from './server.js';
import { Story } from './story.js';
import { EPOCH, SimulatedTime } from './time.js';

/** A variant of the product with one mechanism broken, put in by what the run passes to the parts. */
export interface Bug {
  postgres?: PostgresBugs;
  redis?: RedisBugs;
  server?: ServerBugs;
  /** Changes what devices send. */
  mangle?: (frame: string) => string;
}

export interface RunOptions {
  seed: number;
  bug?: Bug;
  /** Told of each thing that happens, as it happens. */
  trace?: (line: string) => void;
}

export interface Outcome {
  seed: number;
  violations: Violation[];
  /** Of everything that happened, in its order: two runs of one seed have the same. */
  hash: string;
  /** What happened, and how often. */
  happened: ReadonlyMap<string, number>;
  events: number;
  messages: number;
}

const NAMES = ['ann', 'bob', 'cyd', 'dan'];
/** How soon a server is started again that could not start. */
const RESTART_MS = 1_000;
const DAY_MS = 86_400_000;
/** Runs one seed: whole servers and devices, from nothing to the verdict. */
export async function run({ seed, bug = {}, trace }: RunOptions): Promise<Outcome> {
  return new Run(seed, bug, trace).go();
}

/** All that one seed decides and holds. */
export class Run {
  readonly chance: Chance;
  readonly time = new SimulatedTime();
  readonly history: History = emptyHistory();
  readonly happened = new Map<string, number>();
  readonly servers: SimulatedServer[] = [];
  readonly devices: Device[] = [];
  readonly users: User[] = [];
  readonly place: Place;
  readonly #seed: number;
  readonly #mangle: Bug['mangle'];
  readonly #hash = createHash('sha1');
  readonly #trace: ((line: string) => void) | undefined;

  constructor(seed: number, bug: Bug, trace?: (line: string) => void) {
    this.#seed = seed;
    this.#trace = trace;
    this.#mangle = bug.mangle;
    this.chance = new Chance(seed);
    const { time, chance } = this;
    const postgres = new PostgresModel(time, chance.fork(), postgresOf(chance), bug.postgres);
    const redis = new RedisModel(time, chance.fork(), { clockOffMs: chance.between(-300, 300) }, bug.redis);
    const cassandra = new CassandraModel(time, chance.fork(), cassandraOf(chance));
    const network = new Network(time, chance.fork(), { minLatencyMs: 0.5, maxLatencyMs: chance.pick([3, 30, 150]) });
    this.place = {
      postgres,
      redis,
      cassandra,
      network,
      happened: (what) => this.note(what),
      fault: (server, message, error) => this.#fault(server, message, error),
      planted: bug.server ?? {},
    };
    if (trace !== undefined)
      network.onFrame = (device, way, frame) => this.#trace?.(`${time.now().toFixed(3)} ${device.name} ${way} ${frame}`);
    for (const model of [postgres, redis, cassandra]) model.onEvent = (what) => this.note(what);
  }

  async go(): Promise<Outcome> {
    this.#populate();
    const story = new Story(this);
    const faults = new Faults(this);
    for (let n = 0; n < this.chance.whole(2, 3); n++) this.startServer(`s${n + 1}`, 0);
    for (const device of this.devices) this.time.after(this.chance.between(200, LOAD_FROM_MS), () => device.start());
    story.plan();
    faults.plan();
    await this.time.run(HEAL_MS);
    this.trace('heal');
    faults.heal();
    await this.time.run(LEAVE_MS);
    const gone = this.chance.happens(0.5) && this.users.length > 2 ? this.users.at(-1) : undefined;
    for (const device of this.devices) if (device.user === gone) void device.close();
    await this.time.run(REST_MS);
    await this.#conclude(gone);
    return {
      seed: this.#seed,
      violations: check(this.history),
      hash: this.#hash.update(`${this.time.ran} ${this.chance.number()}`).digest('hex').slice(0, 16),
      happened: this.happened,
      events: this.time.ran,
      messages: this.history.sendings.length,
    };
  }

  startServer(name: string, inMs: number): void {
    this.time.after(inMs, () => {
      const process = new Process(name, this.time, this.chance.fork(), this.chance.between(-200, 200));
      const server = new SimulatedServer(process, this.place);
      const index = this.servers.findIndex((other) => other.process.name === name);
      if (index < 0) this.servers.push(server);
      else this.servers[index] = server;
      this.trace(`${name} starts`);
      server.start().catch((error: unknown) => {
        // As it is in production: it says so, ends, and is started again.
        this.trace(`${name} could not start: ${String(error)}`);
        if (process.state === 'dead') return;
        process.kill();
        this.startServer(name, RESTART_MS);
      });
    });
  }

  note(what: string): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
  }

  readonly trace = (line: string): void => {
    const whole = `${this.time.now().toFixed(3)} ${line}`;
    this.#hash.update(whole).update('\n');
    this.#trace?.(whole);
  };

  /** Accounts and sessions, as they would have come by HTTP before. */
  #populate(): void {
    const { chance, place } = this;
    const { accounts } = place.postgres.tables;
    const common = { displayName: null, colour: null, passwordHash: '', admin: false, invisible: false, lastSeen: null };
    for (let n = 0; n < chance.whole(3, 4); n++) {
      const user = { id: `user-${n}-${chance.hex().slice(0, 6)}`, name: NAMES[n] ?? `person${n}` };
      this.users.push(user);
      accounts.set(user.id, { ...common, id: user.id, username: user.name, closedAt: null, suspendedAt: null, createdAt: EPOCH });
      for (let d = 0; d < chance.whole(1, 2); d++) this.devices.push(this.#device(user, `${user.name}.${d + 1}`));
    }
  }

  #device(user: User, name: string): Device {
    const { time, history, place } = this;
    const sessionId = `session-${name}`;
    place.postgres.tables.sessions.set(sessionId, {
      id: sessionId,
      userId: user.id,
      createdAt: EPOCH,
      lastUsedAt: EPOCH,
      expiresAt: EPOCH + DAY_MS,
      userAgent: null,
      address: null,
    });
    return new Device({
      user,
      name,
      sessionId,
      time,
      chance: this.chance.fork(),
      network: place.network,
      history,
      happened: (what) => this.note(what),
      trace: this.trace,
      mangle: this.#mangle,
    });
  }

  async #conclude(gone: User | undefined): Promise<void> {
    const { history, devices, users, time } = this;
    const remaining = devices.filter(({ user }) => user !== gone);
    for (const device of remaining) void device.readAll();
    await time.run(REST_MS + FRESH_MS);
    history.finals = remaining.map((device) => device.final());
    history.present = new Set(users.filter((user) => user !== gone).map(({ name }) => name));
    const fresh = users.filter((user) => user !== gone).map((user) => this.#device(user, `${user.name}.fresh`));
    for (const device of fresh) device.start();
    await time.run(REST_MS + FRESH_MS + 2_000);
    for (const device of fresh) void device.readAll();
    await time.run(REST_MS + 2 * FRESH_MS);
    history.fresh = fresh.map((device) => device.final());
    this.#writeDown();
  }

  /** What the stores have in the end. */
  #writeDown(): void {
    const { history, place, users } = this;
    const { tables, committed } = place.postgres;
    const nameOf = (id: string) => users.find((user) => user.id === id)?.name ?? id;
    history.log = committed.map(({ entry, at }): LogEntry => {
      const detail = entry.detail === null ? {} : (JSON.parse(entry.detail) as { userId?: string; target?: { seq: number } });
      return {
        conversationId: entry.conversationId,
        seq: entry.seq,
        messageId: entry.messageId,
        kind: entry.kind,
        senderId: entry.senderId,
        from: nameOf(entry.senderId),
        clientId: entry.clientId,
        content: entry.content,
        concerns: detail.userId === undefined ? null : nameOf(detail.userId),
        target: detail.target?.seq ?? null,
        at,
      };
    });
    for (const { conversationId, seq, kind, from, concerns, content, at } of history.log)
      this.trace(`log ${conversationId} ${seq} ${kind} ${from} ${concerns ?? content} ${at.toFixed(0)}`);
    for (const { id, kind } of tables.conversations.values()) {
      const ids = kind === 'direct' ? [...tables.members(id).keys()].sort() : [];
      const wasBlocked = tables.everBlocked.has(ids.join(' '));
      history.places.push({ conversationId: id, kind, two: ids.map(nameOf), wasBlocked });
      for (const { userId, delivered, read } of tables.present(id))
        history.stored.push({ conversationId: id, user: nameOf(userId), delivered, read });
    }
    for (const boot of bootsBehind(tables, tables.allEntries()))
      this.trace(`not archived: ${boot}, mark ${tables.marks.get(boot) ?? 0}`);
    const { data } = place.redis;
    const streams = data.keys().filter((key) => data.isStream(key));
    for (const key of streams) this.trace(`left in ${key}: ${data.xlen(key)}, pending: ${data.pendingOf(key).join(' ')}`);
    history.left = {
      'entries in streams of Redis': streams.reduce((sum, key) => sum + data.xlen(key), 0),
      'entries that are not archived': bootsBehind(tables, tables.allEntries()).size,
    };
  }

  #fault(server: string, message: string, error: unknown): void {
    const why =
      error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' | ') : JSON.stringify(error);
    this.trace(`${server} fault: ${message}: ${why}`);
    this.history.faults.push(`${server}: ${message}: ${why}`);
  }
}

/** Which troubles the stores have by themselves, and how often. */
function postgresOf(chance: Chance): Partial<PostgresOptions> {
  const isTroubled = chance.happens(0.5);
  return {
    lostBefore: isTroubled ? chance.pick([0, 0.01, 0.03]) : 0,
    lostAfter: isTroubled ? chance.pick([0, 0.01, 0.03]) : 0,
    slow: chance.pick([0, 0.01, 0.05]),
    clockOffMs: chance.between(-300, 300),
    partMs: chance.pick([1_000, 4_000, 3_600_000]),
    keptMs: chance.pick([500, 5_000]),
  };
}

function cassandraOf(chance: Chance): Partial<CassandraOptions> {
  if (chance.happens(0.5)) return {};
  return {
    hiddenSuccess: chance.pick([0, 0.05]),
    lateSuccess: chance.pick([0, 0.05]),
    hiddenFailure: chance.pick([0, 0.05]),
    readTimeouts: chance.pick([0, 0.03]),
  };
}
