import type { Runtime, Timer } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import type { Lease } from './lease.js';
import { Script } from './script.js';

/** What a dead server leaves behind is gone after this at the latest. */
const KEPT_MS = 300_000;
/** Each is written again in this time, a few each second. */
const REFRESHED_MS = 100_000;
const REFRESH_EVERY_MS = 1_000;
const BATCH_MAX_USERS = 1_000;
const AGAIN_MS = 500;
const BEHIND_MAX_USERS = 200_000;

/** A deletion that was overtaken by a newer value does nothing. */
const DELETE = new Script(`
local value = redis.call('HGET', KEYS[1], ARGV[1])
if not value or tonumber(string.match(value, '^%d+')) > tonumber(ARGV[2]) then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`);

interface Wanted {
  /** Which of the changes made here it was; a number that only rises. */
  generation: number;
  text: string;
  isWritten: boolean;
}

export interface OwnFieldsParts {
  connections: RedisConnections;
  lease: Lease;
  runtime: Runtime;
  /** The hash of a user. */
  keyOf: (userId: string) => string;
  /** Told of those whose field has just been set, changed or deleted, not of those that were only kept alive. */
  onWritten?: (userIds: readonly string[]) => void;
  onError: (error: unknown) => void;
}

/**
 * In the hash of each user, the one field that is this server's: set while the user is wanted, and kept alive. What is
 * wanted is known here; what differs in Redis is written in batches, one batch at a time, so that for one user the last
 * change wins, however quickly they follow each other. Nothing is written without the lease.
 */
export class OwnFields {
  readonly #parts: OwnFieldsParts;
  readonly #wanted = new Map<string, Wanted>();
  /** Those whose field differs from what is wanted, or may. */
  #dirty = new Set<string>();
  /** A write of theirs failed; if it was under way on a lost connection, it may take effect after the next one. */
  readonly #doubtful = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();
  #generation = 0;
  #isWriting = false;
  #refreshed: Iterator<string> | null = null;
  #timer: Timer | null = null;
  #again: Timer | null = null;

  constructor(parts: OwnFieldsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.runtime.every(REFRESH_EVERY_MS, () => this.#refresh());
    this.#parts.lease.listen({ renewed: () => this.#write(), shaken: () => this.writeAll() });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#again?.cancel();
    this.#answerAll();
  }

  /** How many users have a field. */
  get size(): number {
    return this.#wanted.size;
  }

  get(userId: string): string | undefined {
    return this.#wanted.get(userId)?.text;
  }

  set(userId: string, text: string): void {
    const present = this.#wanted.get(userId);
    if (present?.text === text) return;
    this.#wanted.set(userId, { generation: ++this.#generation, text, isWritten: false });
    this.#differs(userId);
  }

  delete(userId: string): void {
    if (!this.#wanted.delete(userId)) return;
    this.#generation++;
    // In a long outage what is left behind goes with its time.
    if (this.#dirty.size > BEHIND_MAX_USERS && !this.#canWrite()) this.#dirty.delete(userId);
    else this.#differs(userId);
  }

  deleteAll(): void {
    for (const userId of [...this.#wanted.keys()]) this.delete(userId);
  }

  /** Resolves once the others can see it, or cannot now; then they will when Redis is back. Never rejects. */
  written(userId: string): Promise<void> {
    if (!this.#dirty.has(userId) && this.#wanted.get(userId)?.isWritten !== false) return Promise.resolve();
    if (!this.#canWrite()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(userId);
      if (waiting === undefined) this.#waiting.set(userId, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Redis may have lost them. */
  writeAll(): void {
    for (const [userId, wanted] of this.#wanted) {
      wanted.isWritten = false;
      this.#dirty.add(userId);
    }
    for (const userId of this.#doubtful) this.#dirty.add(userId);
    this.#doubtful.clear();
    this.#write();
  }

  /** Resolves once nothing waits to be written, or it cannot be. */
  async settled(): Promise<void> {
    await Promise.all([...this.#dirty].map((userId) => this.written(userId)));
  }

  #differs(userId: string): void {
    this.#dirty.add(userId);
    this.#write();
  }

  #canWrite(): boolean {
    return this.#parts.connections.isUp && this.#parts.lease.isHeld();
  }

  #write(): void {
    if (this.#isWriting || this.#dirty.size === 0) return;
    this.#isWriting = true;
    // What changes in the same turn goes in the same batch.
    this.#parts.runtime.soon(() => {
      void this.#writeBatches().then((isDone) => {
        this.#isWriting = false;
        if (isDone) this.#write();
      });
    });
  }

  /** False: the rest waits for better times. */
  async #writeBatches(): Promise<boolean> {
    while (this.#dirty.size > 0) {
      if (!this.#canWrite()) {
        this.#answerAll();
        return false;
      }
      const batch = [...first(this.#dirty, BATCH_MAX_USERS)];
      for (const userId of batch) this.#dirty.delete(userId);
      const changed =
        this.#parts.onWritten === undefined ? [] : batch.filter((userId) => this.#wanted.get(userId)?.isWritten !== true);
      const failures = (await Promise.all(batch.map((userId) => this.#writeOne(userId)))).filter((error) => error !== null);
      for (const userId of batch) this.#answer(userId);
      const told = failures.length === 0 ? changed : changed.filter((userId) => !this.#doubtful.has(userId));
      if (told.length > 0) this.#parts.onWritten?.(told);
      if (failures.length > 0) {
        this.#parts.onError(failures[0]);
        this.#tryAgain();
        return false;
      }
    }
    return true;
  }

  /** Gives the error, if there is one: then nobody knows whether it was written. */
  async #writeOne(userId: string): Promise<unknown> {
    const { connections, lease, keyOf } = this.#parts;
    const wanted = this.#wanted.get(userId);
    const key = keyOf(userId);
    try {
      if (wanted === undefined) {
        await DELETE.run(connections.shared, key, lease.boot, this.#generation);
        return null;
      }
      const value = `${wanted.generation} ${wanted.text}`;
      const [isNew] = await Promise.all([
        connections.shared.hset(key, lease.boot, value),
        connections.shared.pexpire(key, KEPT_MS),
      ]);
      // It was there and is not any more: others will have vanished with it.
      if (isNew === 1 && wanted.isWritten) lease.shake();
      wanted.isWritten = true;
      return null;
    } catch (error) {
      this.#dirty.add(userId);
      this.#doubtful.add(userId);
      return error;
    }
  }

  #tryAgain(): void {
    this.#again?.cancel();
    this.#again = this.#parts.runtime.after(AGAIN_MS, () => this.#write());
  }

  #refresh(): void {
    if (!this.#canWrite()) return;
    let count = Math.ceil((this.#wanted.size * REFRESH_EVERY_MS) / REFRESHED_MS);
    while (count-- > 0) {
      this.#refreshed ??= this.#wanted.keys();
      const next = this.#refreshed.next();
      if (next.done === true) this.#refreshed = null;
      else this.#dirty.add(next.value);
    }
    this.#write();
  }

  #answer(userId: string): void {
    const waiting = this.#waiting.get(userId);
    if (waiting === undefined) return;
    this.#waiting.delete(userId);
    for (const resolve of waiting) resolve();
  }

  #answerAll(): void {
    for (const userId of [...this.#waiting.keys()]) this.#answer(userId);
  }
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  for (const item of items) {
    if (count-- === 0) return;
    yield item;
  }
}
