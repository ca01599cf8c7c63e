import { AppendRefused } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import type { Archiver, Numbers } from './archiver.js';
import { mustLook, type Call, type Lookups, type Outcome } from './call.js';
import type { LaneWay, PlacedRow, TickOutcomes } from './lane-connection.js';
import type { PostgresLimits } from './limits.js';
import { MoveCall } from './move-call.js';
import { LaneQueue } from './queue.js';
import { SendCall } from './send-call.js';
import { refusalOf, troubleOf } from './trouble.js';

const RECONNECT_MS = 200;

/** What became of a batch: whether the store refuses whatever comes, and what is to be put back in line. */
interface Committed {
  isRefusing: boolean;
  again: Call[];
}
const DONE: Committed = { isRefusing: false, again: [] };
const REFUSING: Committed = { isRefusing: true, again: [] };

export interface LaneParts {
  connection: LaneWay;
  archiver: Archiver;
  lookups: Lookups;
  runtime: Runtime;
  meter: Meter;
  /** Called each time that some of the line are taken for a batch. */
  onTaken: () => void;
  logger: Logger;
  limits: PostgresLimits;
}

/**
 * Appends of some of the conversations, one batch at a time. What comes in while a batch is under way makes the next
 * one: a tick is the time the last one took, never a wait.
 *
 * When the connection breaks while a batch is under way, nobody knows whether it was committed. It is answered only once
 * that is known, however long it takes (R1): the running numbers of its entries are looked up over a new connection. What
 * was committed is answered as such, the rest goes back in line, or is refused if it has waited too long.
 */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: LaneQueue;
  #isWorking = false;
  #lookingUp = 0;
  /** There is no connection, and the last try to make one failed: all is refused before it is accepted. */
  #isDown = false;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#queue = new LaneQueue(parts.limits);
  }

  /** False: it refuses everything for now. */
  get isUp(): boolean {
    return !this.#isDown;
  }

  /** Calls that wait in line. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Puts a call in line, or refuses it. */
  submit(call: Call): void {
    if (this.#isClosing || this.#isDown || !this.#queue.hasRoomFor(call.chars)) return call.fail(new AppendRefused('overloaded'));
    this.#queue.add(call);
    this.#wake();
  }

  /** A member's move that waits in line. */
  move(key: string): MoveCall | undefined {
    return this.#queue.move(key);
  }

  /** Refuses what comes from now on, and commits what is in line. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (!this.#isIdle) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#parts.connection.close();
  }

  get #isIdle(): boolean {
    return !this.#isWorking && this.#lookingUp === 0 && this.#queue.length === 0;
  }

  #wake(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#parts.runtime.soon(() => void this.#work());
  }

  async #work(): Promise<void> {
    const { runtime, onTaken, logger } = this.#parts;
    for (;;) {
      const batch = this.#queue.take(runtime.monotonic());
      if (batch.length === 0) break;
      onTaken();
      try {
        const { again } = await this.#commit(batch);
        this.#queue.putBack(again);
      } catch (error) {
        // A fault of ours. Those that were told already do not hear of it.
        logger.error({ err: error }, 'a batch failed in a way that nobody foresaw');
        this.#refuse(batch, error);
      }
    }
    this.#isWorking = false;
    if (this.#isIdle) this.#onIdle?.();
  }

  /** Each call is told, but those that are to be tried again. */
  async #commit(batch: Call[], isRetry = false): Promise<Committed> {
    const { connection, archiver, runtime, meter } = this.#parts;
    try {
      await connection.open();
    } catch (error) {
      this.#goDown(batch, error);
      return REFUSING;
    }
    const numbers = this.#number(batch);
    const tick = tickOf(batch);
    const startedAt = runtime.monotonic();
    let answer: TickOutcomes;
    try {
      answer = await connection.tick(tick);
    } catch (error) {
      return this.#failed(batch, numbers, error, isRetry);
    }
    const outcomes = outcomesOf(batch, answer);
    meter.count('commits');
    meter.count('commands_committed', batch.length);
    meter.time('commit_seconds', (runtime.monotonic() - startedAt) / 1000);
    archiver.committed(
      numbers,
      batch.flatMap((call, index) => (isTwin(call) ? [] : call.entriesOf(outcomes[index] ?? null))),
    );
    batch.forEach((call, index) => this.#settle(call, outcomes[index] ?? null));
    return DONE;
  }

  #number(batch: Call[]): Numbers {
    const numbers = this.#parts.archiver.begin(batch.reduce((sum, { entryCount }) => sum + entryCount, 0));
    let n = numbers.from;
    for (const call of batch) {
      call.n = n;
      n += call.entryCount;
    }
    return numbers;
  }

  #settle(call: Call, outcome: Outcome): void {
    if (mustLook(outcome)) void this.#look(call, outcome);
    else call.settle(outcome);
  }

  /** The archive is asked without the lane waiting; only what comes after the call to its conversation waits. */
  async #look(call: Call, outcome: Outcome): Promise<void> {
    this.#lookingUp += 1;
    const isAppend = !(call instanceof MoveCall);
    if (isAppend) this.#queue.hold(call.conversationId);
    try {
      await call.look(this.#parts.lookups, outcome);
      this.#queue.putBack([call]);
    } catch (error) {
      call.fail(error);
    }
    if (isAppend) this.#queue.release(call.conversationId);
    this.#lookingUp -= 1;
    this.#wake();
  }

  async #failed(batch: Call[], numbers: Numbers, error: unknown, isRetry: boolean): Promise<Committed> {
    const { connection, archiver } = this.#parts;
    const trouble = troubleOf(error);
    if (trouble === 'lost') return this.#recover(batch, numbers, error);
    archiver.committed(numbers, []);
    switch (trouble) {
      case 'no_partition':
        return !isRetry && (await this.#makePartitions(error)) ? this.#commit(batch, true) : this.#oneByOne(batch, error);
      case 'full':
      case 'readonly':
        // A server that became a standby stays one; another connection may find the new primary.
        if (trouble === 'readonly') connection.drop();
        this.#refuse([...batch, ...this.#queue.empty()], refusalOf(trouble) ?? error);
        return REFUSING;
      case 'busy':
      case 'statement':
        return this.#oneByOne(batch, error);
    }
  }

  /** Only the culprit fails (R3). What the store refuses to one, it refuses to all after it: nothing overtakes. */
  async #oneByOne(batch: Call[], error: unknown): Promise<Committed> {
    const { runtime, limits } = this.#parts;
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      only.fail(refusalOf(troubleOf(error)) ?? error);
      return DONE;
    }
    for (const [index, call] of batch.entries()) {
      if (call instanceof SendCall) call.twinOf = null;
      if (runtime.monotonic() - call.acceptedAt > limits.waitingMaxMs) {
        call.fail(new AppendRefused('overloaded'));
        continue;
      }
      const rest = batch.slice(index + 1);
      const { isRefusing, again } = await this.#commit([call]);
      if (again.length > 0) return { isRefusing, again: [...again, ...rest] };
      if (isRefusing) {
        this.#refuse(rest, new AppendRefused('overloaded'));
        return REFUSING;
      }
    }
    return DONE;
  }

  /** Finds out what became of a batch whose answer was lost. Its entries are committed all together or not at all. */
  async #recover(batch: Call[], numbers: Numbers, error: unknown): Promise<Committed> {
    const { connection, archiver, logger } = this.#parts;
    logger.warn({ err: error, calls: batch.length }, 'the connection broke while appending; asking what became of it');
    connection.drop();
    const rows = await this.#placed(numbers);
    if (rows === null) {
      for (const call of batch) call.fail(new Error('the server stopped before it was known what became of an append'));
      return REFUSING;
    }
    const byNumber = new Map(rows.map((row) => [row[0], row]));
    // A move of cursors makes no entry, and has the number of the next call that does: it is made again.
    const known = batch.filter((call) => call.entryCount > 0 && !isTwin(call) && byNumber.has(call.n));
    const outcomes = new Map(known.map((call) => [call, outcomeOf(byNumber.get(call.n))]));
    archiver.committed(
      numbers,
      known.flatMap((call) => call.entriesOf(outcomes.get(call) ?? null)),
    );
    for (const call of known) call.settle(outcomes.get(call) ?? null);
    const again = batch.filter((call) => !outcomes.has(call));
    for (const call of again) if (call instanceof MoveCall) call.doubt();
    return { isRefusing: false, again };
  }

  /** Tries until there is an answer; null: the lane is closed before. */
  async #placed({ from, to }: Numbers): Promise<PlacedRow[] | null> {
    const { connection, logger } = this.#parts;
    for (;;) {
      try {
        const rows = await connection.placed(from, to);
        this.#isDown = false;
        return rows;
      } catch (error) {
        connection.drop();
        if (!this.#isDown) logger.warn({ err: error }, 'PostgreSQL cannot be reached');
        this.#isDown = true;
        this.#refuse(this.#queue.empty(), new AppendRefused('overloaded'));
        if (this.#isClosing) return null;
        await this.#sleep(RECONNECT_MS);
      }
    }
  }

  #goDown(batch: Call[], error: unknown): void {
    this.#refuse([...batch, ...this.#queue.empty()], new AppendRefused('overloaded'));
    if (this.#isDown) return;
    this.#isDown = true;
    this.#parts.logger.warn({ err: error }, 'PostgreSQL cannot be reached');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (this.#isDown && !this.#isClosing) {
      await this.#sleep(RECONNECT_MS);
      try {
        await this.#parts.connection.open();
        this.#isDown = false;
      } catch {
        // It is still down: that was said when it began.
      }
    }
  }

  async #makePartitions(error: unknown): Promise<boolean> {
    const { connection, logger } = this.#parts;
    try {
      await connection.makePartitions(missingTimeOf(error));
      return true;
    } catch (cause) {
      logger.error({ err: cause }, 'the journal has no partition for now, and none could be made');
      return false;
    }
  }

  #refuse(calls: Call[], error: unknown): void {
    for (const call of calls) call.fail(error);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.runtime.after(ms, resolve));
  }
}

const isTwin = (call: Call) => call instanceof SendCall && call.twinOf !== null;

function tickOf(batch: Call[]) {
  const tick = { ids: [...new Set(batch.map((call) => call.conversationId))], sends: [], changes: [], moves: [] } as {
    ids: string[];
    sends: object[];
    changes: object[];
    moves: object[];
  };
  batch.forEach((call, index) => {
    if (!isTwin(call)) rowsFor(call, tick).push(call.row(index));
  });
  return tick;
}

/** By call, from those by kind; a twin has the outcome of the send that it repeats. */
function outcomesOf(batch: Call[], { sends, changes, moves }: TickOutcomes): Outcome[] {
  const next = { sends: sends.values(), changes: changes.values(), moves: moves.values() };
  const byCall = new Map<Call, Outcome>();
  for (const call of batch) {
    if (call instanceof SendCall && call.twinOf !== null) byCall.set(call, repeatedOf(byCall.get(call.twinOf) ?? null));
    else byCall.set(call, rowsFor<IterableIterator<Outcome>>(call, next).next().value ?? null);
  }
  return batch.map((call) => byCall.get(call) ?? null);
}

function rowsFor<T>(call: Call, kinds: { sends: T; changes: T; moves: T }): T {
  if (call instanceof SendCall) return kinds.sends;
  return call instanceof MoveCall ? kinds.moves : kinds.changes;
}

const repeatedOf = (outcome: Outcome): Outcome => (Array.isArray(outcome) ? ['repeated', ...outcome.slice(1)] : outcome);

const outcomeOf = (row: PlacedRow | undefined): Outcome => (row === undefined ? null : ['appended', ...row.slice(1)]);

/** The time of the row for which there was no partition, as PostgreSQL tells it. */
function missingTimeOf(error: unknown): number | null {
  const detail = typeof error === 'object' && error !== null && 'detail' in error ? String(error.detail) : '';
  const found = /\(created_at\) = \((\d+)\)/.exec(detail);
  return found === null ? null : Number(found[1]);
}
