import type { DatabaseParts, PostgresDatabase } from '../../../server/src/cluster/postgres/database.js';
import type { Tick, TickOutcomes } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Chance } from '../chance.js';
import { EPOCH, type Time } from '../time.js';
import type { Asker } from './asker.js';
import { agree, forgetLast, misbehave, type PostgresBugs } from './postgres-bugs.js';
import { databaseOf } from './postgres-database.js';
import { Session, type LaneCall } from './postgres-session.js';
import { bootsBehind } from './postgres-statements.js';
import { getOrMake, sendKeyOf, Tables, type JournalRow } from './postgres-tables.js';
import { tick, type LookUpSend } from './postgres-tick.js';

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
    if (this.bugs.reusesSeq === true && this.chance.happens(0.02)) forgetLast(this.tables, call.tick);
    if (this.bugs.ignoresVersion === true) agree(this.tables, call.tick);
    const outcomes = tick(this.tables, call.tick, call.session.boot, call.nowMs, lookUp);
    misbehave(this.tables, this.bugs, call.tick);
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
}

const sendOf: LookUpSend = (tables, key) => tables.sends.get(key);
