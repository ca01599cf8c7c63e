import type { Tick, TickOutcomes } from '../../../server/src/cluster/postgres/lane-connection.js';
import type { Asker } from './asker.js';
import type { SendRow } from './postgres-tables.js';
import type { PostgresModel } from './postgres.js';

/** As `pg` tells of a connection that broke. */
export const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: undefined });

/** A session at the database: what it has under way ends with it, unless it is committed. */
export class Session {
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
export class LaneCall {
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
