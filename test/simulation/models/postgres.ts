import type { PoolClient } from 'pg';
import type { DatabaseParts, PostgresDatabase } from '../../../server/src/cluster/postgres/database.js';
import type { Asking, Statement } from '../../../server/src/cluster/postgres/connections.js';
import type { LaneWay, PlacedRow, Tick, TickOutcomes } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Account, SessionRow } from '../../../server/src/ports/accounts.js';
import { AppendRefused } from '../../../server/src/ports/log.js';
import type { Chance } from '../chance.js';
import { EPOCH, type Time } from '../time.js';
import { bootsBehind, STATEMENTS } from './postgres-statements.js';
import { getOrMake, sendKeyOf, Tables, type JournalRow, type SendRow } from './postgres-tables.js';
import { tick, type LookUpSend } from './postgres-tick.js';

/** Who asks: its death ends its sessions, and answers reach it only while it runs. */
export interface Asker {
  run(task: () => void): void;
  readonly state: 'runs' | 'stopped' | 'dead';
  onDeath(run: () => void): void;
}

export interface PostgresOptions {
  /** One way, between a server and the database. */
  minLatencyMs: number;
  maxLatencyMs: number;
  /** From its locks to its commit. */
  minCommitMs: number;
  maxCommitMs: number;
  /** Shares of ticks: the connection breaks before the commit, or after it, or the commit takes long. */
  lostBefore: number;
  lostAfter: number;
  slow: number;
  slowMaxMs: number;
  clockOffMs: number;
  /** How long a part of the journal spans, and how long it is kept. */
  partMs: number;
  keptMs: number;
}

export const CALM_POSTGRES: PostgresOptions = {
  minLatencyMs: 0.2,
  maxLatencyMs: 1,
  minCommitMs: 0.3,
  maxCommitMs: 2,
  lostBefore: 0,
  lostAfter: 0,
  slow: 0,
  slowMaxMs: 3_500,
  clockOffMs: 0,
  partMs: 3_600_000,
  keptMs: 7_200_000,
};

/** What a planted bug may change of the database. */
export interface PostgresBugs {
  /** R2: looks before it has the locks. */
  looksBeforeLock?: boolean;
  /** D1: answers before the commit. */
  answersBeforeCommit?: boolean;
  /** D1: a crash of the database loses what it has just committed. */
  skipsSync?: boolean;
  /** R1: gives a seq again that it gave before. */
  reusesSeq?: boolean;
  /** A part of the journal goes though it is not archived. */
  dropsEarly?: boolean;
  /** R3: a client id is forgotten at once. */
  forgetsSends?: boolean;
  /** R20: an ACK acknowledges everything, also what is newer. */
  acknowledgesAll?: boolean;
  /** R6: a change is taken whatever it was checked against. */
  ignoresVersion?: boolean;
  /** One's own messages are not counted. */
  forgetsOwn?: boolean;
  /** R1: what became of a batch whose answer was lost is not found. */
  forgetsPlaced?: boolean;
  /** R21: a send moves the sender's read cursor. */
  readsOnSend?: boolean;
  /** R20: a cursor may go back. */
  cursorsGoBack?: boolean;
}

/** As `pg` tells of a connection that broke. */
const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: undefined });
const CONNECT_FAILS_MS = 5;
const STATEMENT_TIMEOUT_MS = 4_000;

/** Every entry that was ever committed, for the checkers: nothing that the servers do reaches it. */
export interface Committed {
  entry: JournalRow;
  at: number;
}

/**
 * PostgreSQL: one commit after the other, each whole or not at all. A tick waits for the rows that it locks, then looks
 * with the database's clock of that moment, and shows what it did only at its commit.
 */
export class PostgresModel {
  readonly tables = new Tables();
  readonly committed: Committed[] = [];
  readonly time: Time;
  readonly chance: Chance;
  readonly options: PostgresOptions;
  readonly bugs: PostgresBugs;
  /** Conversation → ticks that hold or want its row, in the order in which they came. */
  readonly #locks = new Map<string, LaneCall[]>();
  readonly #sessions = new Set<Session>();
  /** For a planted bug: what was answered lately and is not on the disk. */
  #unsynced: Tick[] = [];
  isDown = false;
  onEvent: (what: string) => void = () => undefined;

  constructor(time: Time, chance: Chance, options: Partial<PostgresOptions> = {}, bugs: PostgresBugs = {}) {
    this.time = time;
    this.chance = chance;
    this.options = { ...CALM_POSTGRES, ...options };
    this.bugs = bugs;
  }

  readonly clockMs = (): number => Math.floor(EPOCH + this.time.now() + this.options.clockOffMs);

  /** A server's way to it. */
  open(asker: Asker) {
    return (parts: DatabaseParts): Promise<PostgresDatabase> => Promise.resolve(databaseOf(this, asker, parts));
  }

  /** It goes away: all sessions end, what was not committed is rolled back. */
  goDown(): void {
    this.isDown = true;
    for (const session of [...this.#sessions]) session.end();
    this.#locks.clear();
    if (this.bugs.skipsSync === true) for (const each of this.#unsynced.splice(0).toReversed()) this.undo(each);
  }

  comeBack(): void {
    this.isDown = false;
  }

  session(asker: Asker, boot: string): Session {
    const session = new Session(this, asker, boot);
    this.#sessions.add(session);
    asker.onDeath(() => this.time.after(this.latencyMs(), () => session.end()));
    return session;
  }

  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  /** Whether a boot has sessions, so that what it has under way may yet be committed. */
  hasSessions(boot: string): boolean {
    return [...this.#sessions].some((session) => session.boot === boot);
  }

  latencyMs(): number {
    return this.chance.between(this.options.minLatencyMs, this.options.maxLatencyMs);
  }

  lock(call: LaneCall): void {
    for (const id of call.tick.ids) getOrMake(this.#locks, id, () => []).push(call);
    this.#tryStart(call);
  }

  unlock(call: LaneCall): void {
    const next = new Set<LaneCall>();
    for (const id of call.tick.ids) {
      const line = (this.#locks.get(id) ?? []).filter((other) => other !== call);
      if (line.length === 0) this.#locks.delete(id);
      else this.#locks.set(id, line);
      if (line[0] !== undefined) next.add(line[0]);
    }
    for (const waiting of next) this.#tryStart(waiting);
  }

  /** Made of now, in the commit of `call`. */
  commit(call: LaneCall): TickOutcomes {
    const before = this.#lastSeqs(call.tick);
    const lookUp: LookUpSend = this.bugs.looksBeforeLock === true ? (_, key) => call.seen.get(key) : sendOf;
    if (this.bugs.forgetsSends === true) this.tables.sends.clear();
    if (this.bugs.reusesSeq === true && this.chance.happens(0.02)) this.#forgetLast(call.tick);
    if (this.bugs.ignoresVersion === true) this.#agree(call.tick);
    const outcomes = tick(this.tables, call.tick, call.session.boot, call.nowMs, lookUp);
    this.#misbehave(call.tick);
    if (this.bugs.skipsSync === true) this.#unsynced = [...this.#unsynced.slice(-20), call.tick];
    for (const [id, last] of before) {
      const entries = this.tables.entries(id);
      for (let seq = last + 1; entries.has(seq); seq++) {
        this.committed.push({ entry: { ...(entries.get(seq) as JournalRow) }, at: this.time.now() });
      }
    }
    return outcomes;
  }

  /** For planted bugs: messages of a commit are gone, though they were answered. */
  undo({ sends }: Tick): void {
    const { tables } = this;
    for (const { c, s, k, m } of (sends as { c: string; s: string; k: string | null; m: string }[]).toReversed()) {
      const chat = tables.conversations.get(c);
      if (chat === undefined || tables.entries(c).get(chat.lastSeq)?.messageId !== m) continue;
      tables.entries(c).delete(chat.lastSeq);
      if (k !== null) tables.sends.delete(sendKeyOf(c, s, k));
      const own = tables.members(c).get(s);
      if (own !== undefined) own.sent -= 1;
      Object.assign(chat, { lastSeq: chat.lastSeq - 1, lastOrdinal: chat.lastOrdinal - 1, lastMessage: null });
      this.onEvent('what was answered is gone');
    }
  }

  drop(): string[] {
    const { partMs, keptMs } = this.options;
    const parts = new Map<number, JournalRow[]>();
    for (const row of this.tables.allEntries()) getOrMake(parts, Math.floor(row.createdAt / partMs), () => []).push(row);
    const dropped: string[] = [];
    for (const part of [...parts.keys()].sort((a, b) => a - b)) {
      const rows = parts.get(part) ?? [];
      if ((part + 1) * partMs > this.clockMs() - keptMs) break;
      if (this.bugs.dropsEarly !== true && bootsBehind(this.tables, rows).size > 0) break;
      for (const { conversationId, seq } of rows) this.tables.entries(conversationId).delete(seq);
      this.onEvent('a part of the journal was dropped');
      dropped.push(`journal_${part}`);
    }
    return dropped;
  }

  #tryStart(call: LaneCall): void {
    if (call.isStarted || !call.tick.ids.every((id) => this.#locks.get(id)?.[0] === call)) return;
    call.start();
  }

  #lastSeqs({ ids }: Tick): [string, number][] {
    return ids.map((id) => [id, this.tables.conversations.get(id)?.lastSeq ?? 0]);
  }

  #forgetLast({ ids }: Tick): void {
    for (const id of ids) {
      const chat = this.tables.conversations.get(id);
      if (chat === undefined || chat.lastSeq < 2 || chat.lastMessageSeq !== chat.lastSeq) continue;
      this.tables.entries(id).delete(chat.lastSeq);
      chat.lastSeq -= 1;
      chat.lastOrdinal -= 1;
    }
  }

  #agree({ changes }: Tick): void {
    for (const change of changes as { c: string; v?: number }[]) {
      const version = this.tables.conversations.get(change.c)?.membersVersion;
      if (change.v !== undefined && version !== undefined) change.v = version;
    }
  }

  #misbehave({ sends, moves }: Tick): void {
    const { tables, bugs } = this;
    for (const { c, u, d } of moves as { c: string; u: string; d: number }[]) {
      const row = tables.member(c, u);
      const chat = tables.conversations.get(c);
      if (bugs.acknowledgesAll === true && row !== undefined && chat !== undefined) row.delivered = chat.lastSeq;
      if (bugs.cursorsGoBack === true && row !== undefined && d > 0) row.delivered = Math.min(d, row.delivered);
    }
    for (const { c, s } of sends as { c: string; s: string }[]) {
      const own = tables.member(c, s);
      if (bugs.forgetsOwn === true && own !== undefined) own.sent = 0;
      if (bugs.readsOnSend !== true) continue;
      const [row, chat] = [tables.member(c, s), tables.conversations.get(c)];
      if (row === undefined || chat === undefined) continue;
      Object.assign(row, { read: chat.lastSeq, readOrdinal: chat.lastOrdinal, readSent: row.sent });
    }
  }
}

const sendOf: LookUpSend = (tables, key) => tables.sends.get(key);

/** A session at the database: what it has under way ends with it, unless it is committed. */
class Session {
  readonly model: PostgresModel;
  readonly asker: Asker;
  readonly boot: string;
  call: LaneCall | null = null;
  isEnded = false;

  constructor(model: PostgresModel, asker: Asker, boot: string) {
    this.model = model;
    this.asker = asker;
    this.boot = boot;
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.model.forget(this);
    this.call?.abort();
  }
}

/** One call of `tick`. */
class LaneCall {
  readonly session: Session;
  readonly tick: Tick;
  /** The database's clock when it had its locks. */
  nowMs = 0;
  isStarted = false;
  /** What was there when it came, for a planted bug. */
  readonly seen: ReadonlyMap<string, SendRow>;
  #isOver = false;
  readonly #done: (outcomes: TickOutcomes) => void;
  readonly #failed: (error: unknown) => void;

  constructor(session: Session, tick: Tick, done: (outcomes: TickOutcomes) => void, failed: (error: unknown) => void) {
    this.session = session;
    this.tick = tick;
    this.#done = done;
    this.#failed = failed;
    const { bugs, tables } = session.model;
    this.seen = bugs.looksBeforeLock === true ? new Map(tables.sends) : EMPTY;
    session.call = this;
  }

  start(): void {
    this.isStarted = true;
    const { model } = this.session;
    const { minCommitMs, maxCommitMs, slow, slowMaxMs, lostBefore } = model.options;
    this.nowMs = model.clockMs();
    const isSlow = model.chance.happens(slow);
    const takesMs = isSlow ? model.chance.between(50, slowMaxMs) : model.chance.between(minCommitMs, maxCommitMs);
    if (model.chance.happens(lostBefore)) {
      model.onEvent('a connection broke before its commit');
      model.time.after(takesMs / 2, () => {
        if (model.bugs.answersBeforeCommit !== true) return this.session.end();
        this.#commit();
        model.undo(this.tick);
      });
    }
    model.time.after(takesMs, () => this.#commit());
  }

  /** Rolled back: nothing of it was seen. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.session.call = null;
    this.session.model.unlock(this);
    this.#failed(lost());
  }

  #commit(): void {
    if (this.#isOver) return;
    const { model } = this.session;
    this.#isOver = true;
    this.session.call = null;
    let outcomes: TickOutcomes;
    try {
      outcomes = model.commit(this);
    } catch (error) {
      model.unlock(this);
      this.#failed(error);
      return;
    }
    model.unlock(this);
    if (model.chance.happens(model.options.lostAfter)) {
      model.onEvent('a connection broke after its commit');
      this.session.end();
      this.#failed(lost());
    } else this.#done(outcomes);
  }
}

const EMPTY: ReadonlyMap<string, SendRow> = new Map();

/** What one server has of it. */
function databaseOf(model: PostgresModel, asker: Asker, { bootId }: DatabaseParts): PostgresDatabase {
  const connections = new ModelConnections(model, asker);
  const ask = <T>(read: () => T) => connections.ask(read);
  const { tables } = model;
  const change = (id: string, edit: (account: Account) => void) =>
    ask(() => {
      const account = tables.accounts.get(id);
      if (account !== undefined) edit(account);
    });
  const open = (id: string, edit: (account: Account) => void) =>
    change(id, (account) => account.closedAt === null && edit(account));
  const accounts = () => [...tables.accounts.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const held = () => [...tables.sessions.values()];
  const nowMs = () => model.clockMs();
  return {
    connections,
    lane: () => new ModelLane(model, asker, bootId),
    partitions: { make: () => ask(() => undefined), drop: () => ask(() => model.drop()) },
    accounts: {
      create: (account) =>
        ask(() => {
          if (accounts().some((other) => keyOf(other) === keyOf(account))) return false;
          tables.accounts.set(account.id, { ...account });
          return true;
        }),
      byUsername: (name) => ask(() => copyOf(accounts().find((account) => keyOf(account) === name.toLowerCase()) ?? null)),
      byIds: (ids) => ask(() => ids.flatMap((id) => copyOf(tables.accounts.get(id) ?? null) ?? [])),
      search: (prefix, limit, after) =>
        ask(() =>
          accounts()
            .filter((account) => account.closedAt === null && keyOf(account).startsWith(prefix.toLowerCase()))
            .filter((account) => after === undefined || keyOf(account) > after.toLowerCase())
            .slice(0, limit)
            .map((account) => ({ ...account })),
        ),
      names: (after, limit) =>
        ask(() =>
          accounts()
            .map(keyOf)
            .filter((name) => name > after)
            .slice(0, limit),
        ),
      setPassword: (id, passwordHash) => change(id, (account) => (account.passwordHash = passwordHash)),
      setProfile: (id, { displayName, colour, invisible }) =>
        change(id, (account) => {
          if (displayName !== undefined) account.displayName = displayName;
          if (colour !== undefined) account.colour = colour;
          if (invisible !== undefined) account.invisible = invisible;
        }),
      close: (id, at) =>
        open(id, (account) =>
          Object.assign(account, {
            closedAt: at,
            displayName: null,
            colour: null,
            passwordHash: '',
            lastSeen: null,
            invisible: true,
            admin: false,
          }),
        ),
      setAdmin: (id, admin) => open(id, (account) => (account.admin = admin)),
      setSuspended: (id, at) => open(id, (account) => (account.suspendedAt = at === null ? null : (account.suspendedAt ?? at))),
      setLastSeen: (seen) =>
        ask(() => {
          for (const { userId, at } of seen) {
            const account = tables.accounts.get(userId);
            if (account?.closedAt === null) account.lastSeen = Math.max(account.lastSeen ?? 0, at);
          }
        }),
    },
    sessions: {
      create: (session) => ask(() => void tables.sessions.set(session.id, { ...session })),
      get: (id) =>
        ask(() => {
          const session = tables.sessions.get(id);
          return session !== undefined && session.expiresAt > nowMs() ? { ...session } : null;
        }),
      list: (userId, now) =>
        ask(() =>
          held()
            .filter((session) => session.userId === userId && session.expiresAt > now)
            .sort((a, b) => b.lastUsedAt - a.lastUsedAt || (a.id < b.id ? -1 : 1)),
        ),
      end: (userId, id) => ask(() => tables.sessions.get(id)?.userId === userId && tables.sessions.delete(id)),
      endOthers: (userId, keep) =>
        ask(() => {
          const ended = held().filter((session) => session.userId === userId && session.id !== keep);
          for (const { id } of ended) tables.sessions.delete(id);
          return ended.map(({ id }) => id);
        }),
      endedAmong: (ids) => ask(() => ids.filter((id) => (tables.sessions.get(id)?.expiresAt ?? 0) <= nowMs())),
      touch: (id, at) =>
        ask(() => {
          const session = tables.sessions.get(id);
          if (session !== undefined) session.lastUsedAt = Math.max(session.lastUsedAt, at);
        }),
      purge: (now, limit) =>
        ask(() => {
          const expired = held()
            .filter((session: SessionRow) => session.expiresAt < now)
            .slice(0, limit);
          for (const { id } of expired) tables.sessions.delete(id);
          return expired.length;
        }),
    },
    audit: {
      add: (entry) => ask(() => void tables.audit.push(entry)),
      page: (before, limit) =>
        ask(() =>
          tables.audit
            .filter(({ id }) => before === null || id < before)
            .sort((a, b) => (a.id < b.id ? 1 : -1))
            .slice(0, limit),
        ),
    },
    refuseHalfImported: () => ask(() => undefined),
    beat: () => ask(() => undefined),
    close: () => Promise.resolve(),
  };
}

const keyOf = ({ username }: Account) => username.toLowerCase();
const copyOf = (account: Account | null) => account && { ...account };

/** `Connections`: what cannot be asked now is refused as overloaded. */
class ModelConnections implements Asking {
  readonly #model: PostgresModel;
  readonly #asker: Asker;

  constructor(model: PostgresModel, asker: Asker) {
    this.#model = model;
    this.#asker = asker;
  }

  /** Runs at the database, as one statement, between two of its commits. */
  ask<T>(read: () => T): Promise<T> {
    const { time, options, chance } = this.#model;
    return new Promise((resolve, reject) => {
      const refuse = () => this.#asker.run(() => reject(new AppendRefused('overloaded')));
      time.after(this.#model.latencyMs(), () => {
        if (this.#model.isDown) return void time.after(CONNECT_FAILS_MS, refuse);
        if (chance.happens(options.lostBefore)) return void time.after(this.#model.latencyMs(), refuse);
        let answer: T;
        try {
          answer = read();
        } catch (error) {
          return void time.after(this.#model.latencyMs(), () => this.#asker.run(() => reject(error)));
        }
        if (chance.happens(options.lostAfter)) return void time.after(this.#model.latencyMs(), refuse);
        time.after(this.#model.latencyMs(), () => this.#asker.run(() => resolve(answer)));
      });
    });
  }

  async rows<Row extends unknown[]>({ name }: Statement, values: unknown[]): Promise<Row[]> {
    const run = STATEMENTS[name];
    if (run === undefined) throw new Error(`the model of PostgreSQL does not know the statement ${name}`);
    return (await this.ask(() => run(this.#model.tables, values as never, this.#model.clockMs()))) as Row[];
  }

  async row<Row extends unknown[]>(statement: Statement, values: unknown[]): Promise<Row | undefined> {
    return (await this.rows<Row>(statement, values))[0];
  }

  /** The one lock that is taken so here is that of a boot, which its lanes hold as long as they have sessions. */
  async locked<T>(name: string, use: (client: PoolClient) => Promise<T>): Promise<T | null> {
    const boot = /^parley boot (.*)$/.exec(name)?.[1];
    if (boot === undefined) throw new Error(`the model of PostgreSQL does not know the lock ${name}`);
    const isFree = await this.ask(() => !this.#model.hasSessions(boot));
    if (!isFree) return null;
    const query = (_text: string, [of]: [string]) =>
      this.ask(() => ({ rows: this.#model.tables.marks.has(of) ? [{ upto: this.#model.tables.marks.get(of) }] : [] }));
    return use({ query } as unknown as PoolClient);
  }
}

/** The connection of a lane. A new one is used only once the last one's session has ended, and what it did is certain. */
class ModelLane implements LaneWay {
  readonly #model: PostgresModel;
  readonly #asker: Asker;
  readonly #boot: string;
  #session: Session | null = null;
  #opening: Promise<Session> | null = null;
  #before: Session | null = null;

  constructor(model: PostgresModel, asker: Asker, boot: string) {
    this.#model = model;
    this.#asker = asker;
    this.#boot = boot;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  async tick(tick: Tick): Promise<TickOutcomes> {
    const session = await this.#connected();
    const { time } = this.#model;
    return new Promise((resolve, reject) => {
      const answer = (tell: () => void) => void time.after(this.#model.latencyMs(), () => this.#asker.run(tell));
      const failed = (error: unknown) => answer(() => reject(error));
      time.after(this.#model.latencyMs(), () => {
        if (session.isEnded || this.#asker.state === 'dead') return failed(lost());
        const call = new LaneCall(session, tick, (outcomes) => answer(() => resolve(outcomes)), failed);
        this.#model.lock(call);
        // Its own timeout strikes at the database, and rolls it back.
        time.after(STATEMENT_TIMEOUT_MS, () => session.call === call && session.end());
      });
    });
  }

  async placed(from: number, to: number): Promise<PlacedRow[]> {
    await this.#connected();
    if (this.#model.bugs.forgetsPlaced === true) return [];
    return this.#ask(() =>
      [...this.#model.tables.allEntries()]
        .filter(({ bootId, n }) => bootId === this.#boot && n >= from && n <= to)
        .sort((a, b) => a.n - b.n)
        .map((row) => [row.n, row.seq, row.ordinal, row.createdAt, row.membersVersion, row.messageId]),
    );
  }

  makePartitions(): Promise<void> {
    return this.#ask(() => undefined);
  }

  drop(): void {
    this.#before = this.#session ?? this.#before;
    this.#session = null;
  }

  close(): Promise<void> {
    this.#session?.end();
    this.#session = null;
    return Promise.resolve();
  }

  #connected(): Promise<Session> {
    if (this.#session !== null && !this.#session.isEnded) return Promise.resolve(this.#session);
    this.#opening ??= this.#ask(() => {
      // What the last one has under way is committed, or never will be.
      (this.#session ?? this.#before)?.end();
      this.#before = null;
      return this.#model.session(this.#asker, this.#boot);
    })
      .then((session) => (this.#session = session))
      .finally(() => (this.#opening = null));
    return this.#opening;
  }

  #ask<T>(read: () => T): Promise<T> {
    const { time } = this.#model;
    return new Promise((resolve, reject) => {
      time.after(this.#model.latencyMs(), () => {
        if (this.#model.isDown || this.#asker.state === 'dead') {
          return void time.after(CONNECT_FAILS_MS, () => this.#asker.run(() => reject(lost())));
        }
        const answer = read();
        time.after(this.#model.latencyMs(), () => this.#asker.run(() => resolve(answer)));
      });
    });
  }
}
