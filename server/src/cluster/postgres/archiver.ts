import type { Entry } from '../../ports/log.js';
import type { Logger } from '../../ports/logger.js';
import type { Runtime, Timer } from '../../ports/runtime.js';
import type { Archive } from '../archive.js';
import type { PostgresLimits } from './limits.js';

const WRITE_MAX_ENTRIES = 500;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
const MARK_EVERY_MS = 1_000;

/** Running numbers of an append that is under way. */
export interface Numbers {
  readonly from: number;
  readonly to: number;
}

/** What this server appended, as the journal has it: for what memory does not hold any more. */
export interface OwnJournal {
  /** Entries of this server with from ≤ n ≤ to, in the order of their numbers, with the number. */
  own(from: number, to: number, limit: number): Promise<{ n: number; entry: Entry }[]>;
  /** Everything of this server up to `upto` is archived. */
  setMark(upto: number): Promise<void>;
}

export interface ArchiverParts {
  archive: Archive;
  journal: OwnJournal;
  runtime: Runtime;
  logger: Logger;
  limits: PostgresLimits;
}

interface Unarchived extends Numbers {
  entries: Entry[];
  chars: number;
}

/**
 * Brings what this server appended to the archive, right after the commit, and keeps a mark: every entry up to it is
 * there. The journal's partitions are dropped by these marks, so a mark never passes a number whose append is under way.
 *
 * While the archive is down, sending goes on. What waits is kept in memory up to a bound, and beyond that read from the
 * journal again.
 */
export class Archiver {
  readonly #parts: ArchiverParts;
  #next = 1;
  /** In the order of their numbers. */
  readonly #underWay = new Set<Numbers>();
  #fresh: Unarchived[] = [];
  #freshEntries = 0;
  #freshChars = 0;
  /** Entries up to this number are read from the journal; `#fresh` has those after it. */
  #rereadTo = 0;
  #mark = 0;
  #storedMark = 0;
  #isWorking = false;
  #isClosing = false;
  #retryMs = RETRY_MIN_MS;
  #oldestAt: number | null = null;
  #markTimer: Timer | null = null;
  #onIdle: (() => void) | undefined;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
  }

  /** Numbers for an append. It ends with `committed`, whatever becomes of it. */
  begin(count: number): Numbers {
    const numbers = { from: this.#next, to: this.#next + count - 1 };
    this.#next += count;
    this.#underWay.add(numbers);
    return numbers;
  }

  /** The append is over; these are its entries, if any. */
  committed(numbers: Numbers, entries: Entry[]): void {
    this.#underWay.delete(numbers);
    if (entries.length > 0 && numbers.from > this.#rereadTo) this.#keep(numbers, entries);
    if (entries.length > 0) this.#oldestAt ??= entries[0]?.createdAt ?? null;
    this.#wake();
  }

  /** Entries of this server that are not in the archive yet, at most, and the time of the oldest. */
  get lag(): { entries: number; oldestAt: number | null } {
    return { entries: this.#next - 1 - this.#mark, oldestAt: this.#oldestAt };
  }

  /** Writes what is left, for as long as `withinMs`; what is not done then is done by whoever finds this server gone. */
  async close(withinMs: number): Promise<void> {
    const { runtime } = this.#parts;
    if (this.#isWorking) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        runtime.after(withinMs, resolve);
      });
    }
    this.#isClosing = true;
    this.#markTimer?.cancel();
    await this.#storeMark();
  }

  #keep(numbers: Numbers, entries: Entry[]): void {
    const { unarchivedMaxEntries, unarchivedMaxChars } = this.#parts.limits;
    const chars = entries.reduce((sum, { content }) => sum + content.length, 0);
    this.#fresh.push({ ...numbers, entries, chars });
    this.#freshEntries += entries.length;
    this.#freshChars += chars;
    if (this.#freshEntries > unarchivedMaxEntries || this.#freshChars > unarchivedMaxChars) this.#forget();
  }

  #forget(): void {
    this.#rereadTo = this.#next - 1;
    this.#fresh = [];
    this.#freshEntries = 0;
    this.#freshChars = 0;
  }

  #wake(): void {
    if (this.#isWorking || this.#isClosing) return;
    this.#isWorking = true;
    this.#parts.runtime.soon(() => void this.#work());
  }

  async #work(): Promise<void> {
    while (!this.#isClosing) {
      try {
        const goesOn = await this.#step();
        this.#retryMs = RETRY_MIN_MS;
        if (!goesOn) break;
      } catch (error) {
        const { logger } = this.#parts;
        logger.warn({ err: error, ...this.lag }, 'entries wait in the journal: the archive does not take them');
        await this.#sleep(this.#retryMs);
        this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
      }
    }
    this.#isWorking = false;
    this.#onIdle?.();
  }

  /** Archives some more. False: there is nothing to do. */
  async #step(): Promise<boolean> {
    if (this.#mark < this.#rereadTo) return this.#reread();
    const some = this.#take();
    if (some.length === 0) {
      this.#advance();
      return false;
    }
    try {
      await this.#parts.archive.write(some.flatMap((each) => each.entries));
    } catch (error) {
      this.#putBack(some);
      throw error;
    }
    this.#advance();
    return true;
  }

  async #reread(): Promise<boolean> {
    const { archive, journal } = this.#parts;
    const upto = Math.min(this.#rereadTo, this.#lowestUnderWay() - 1);
    if (upto <= this.#mark) return false;
    const found = await journal.own(this.#mark + 1, upto, WRITE_MAX_ENTRIES);
    if (found.length > 0) await archive.write(found.map(({ entry }) => entry));
    this.#oldestAt = found.at(-1)?.entry.createdAt ?? this.#oldestAt;
    this.#moveMark(found.length < WRITE_MAX_ENTRIES ? upto : (found.at(-1)?.n ?? upto));
    return true;
  }

  #take(): Unarchived[] {
    let entries = 0;
    let count = 0;
    for (const each of this.#fresh) {
      if (count > 0 && entries + each.entries.length > WRITE_MAX_ENTRIES) break;
      entries += each.entries.length;
      count += 1;
    }
    const some = this.#fresh.slice(0, count);
    this.#fresh = this.#fresh.slice(count);
    this.#freshEntries -= entries;
    this.#freshChars -= some.reduce((sum, { chars }) => sum + chars, 0);
    return some;
  }

  /** Unless they have been forgotten with all others meanwhile. */
  #putBack(some: Unarchived[]): void {
    for (const { from, to, entries } of some) if (from > this.#rereadTo) this.#keep({ from, to }, entries);
  }

  /** Everything below what is under way or waits is archived. */
  #advance(): void {
    const lowest = this.#fresh.reduce((least, { from }) => Math.min(least, from), this.#lowestUnderWay());
    const first = this.#fresh[0]?.entries[0];
    this.#oldestAt = first === undefined ? null : first.createdAt;
    if (this.#mark >= this.#rereadTo) this.#moveMark(lowest - 1);
  }

  #lowestUnderWay(): number {
    for (const { from } of this.#underWay) return from;
    return this.#next;
  }

  #moveMark(upto: number): void {
    if (upto <= this.#mark) return;
    this.#mark = upto;
    this.#storeMarkSoon();
  }

  #storeMarkSoon(): void {
    this.#markTimer ??= this.#parts.runtime.after(MARK_EVERY_MS, () => {
      this.#markTimer = null;
      void this.#storeMark();
    });
  }

  async #storeMark(): Promise<void> {
    const mark = this.#mark;
    if (mark <= this.#storedMark) return;
    try {
      await this.#parts.journal.setMark(mark);
      this.#storedMark = mark;
    } catch (error) {
      // A mark that is late only keeps a partition for longer. A server that appends no more has no next one.
      if (!this.#isClosing) this.#storeMarkSoon();
      this.#parts.logger.debug({ err: error, mark }, 'the mark of what is archived could not be stored');
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.runtime.after(ms, resolve));
  }
}
