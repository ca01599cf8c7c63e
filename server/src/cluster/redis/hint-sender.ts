import type { Hint } from '../../ports/relay.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import type { Directory } from './directory.js';
import { encodeHint, FIELD } from './hint-entry.js';
import type { Keys } from './keys.js';
import type { Servers } from './servers.js';

const WAITING_MAX_BYTES = 33_554_432;
const BATCH_MAX_BYTES = 4_194_304;
const BATCH_MAX_USERS = 4_096;
/** Of one entry; a hint that is larger goes alone. */
const ENTRY_MAX_BYTES = 32_768;
const ENTRY_MAX_HINTS = 64;
/** The bound of a stream is not exact anyway. */
const TRIMMED_EVERY_ENTRIES = 64;
/** What a hint weighs beside its frame. */
const OVERHEAD_BYTES = 200;
const USER_BYTES = 40;

export interface HintSenderParts {
  connections: RedisConnections;
  directory: Directory;
  servers: Servers;
  keys: Keys;
  runtime: Runtime;
  boot: string;
  streamMaxEntries: number;
  /** How an entry gets here that another server left behind. */
  deliverHere: (hint: Hint) => void | Promise<void>;
}

type Found = Awaited<ReturnType<Directory['find']>>;

interface Waiting {
  hint: Hint;
  bytes: number;
  /** Left behind by a dead server: this server is a target as any other. */
  isHeirloom: boolean;
  done: (nowhereElse: readonly string[]) => void;
  failed: (error: unknown) => void;
}

/** An entry that is being put together for one server. */
class Outgoing {
  readonly fields: (string | Buffer)[] = [];
  bytes = 0;
  readonly isThere: Promise<boolean>;
  /** What sending it comes to. */
  sent!: (isThere: Promise<boolean>) => void;

  constructor() {
    this.isThere = new Promise((resolve) => (this.sent = resolve));
  }
}

/** Redis is away, or too much waits for it: the hint is not sent, and whom it concerns is healed from the log. */
export class RelayDown extends Error {
  override name = 'RelayDown';
}

/**
 * Hints to other servers. What comes in while a batch is under way is the next batch: one look at the directory for all
 * its people, then the hints for each target server together in as few entries as they fit in, in the order of the calls.
 */
export class HintSender {
  readonly #parts: HintSenderParts;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isSending = false;
  /** How many hints each server was sent. */
  readonly #counts = new Map<string, number>();
  readonly #outgoing = new Map<string, Outgoing>();
  /** How many entries each stream was given: every so many it is cut. */
  readonly #entries = new Map<string, number>();

  constructor(parts: HintSenderParts) {
    this.#parts = parts;
    parts.servers.onEnded((boots) => {
      for (const counts of [this.#counts, this.#entries]) for (const boot of boots) counts.delete(boot);
    });
  }

  /** Resolves with those who are on no other server. */
  send(hint: Hint, isHeirloom = false): Promise<readonly string[]> {
    const bytes = hint.frame.byteLength + OVERHEAD_BYTES + USER_BYTES * (hint.userIds?.length ?? 1);
    if (!this.#parts.connections.isUp) return Promise.reject(new RelayDown('no connection to Redis'));
    if (this.#waitingBytes + bytes > WAITING_MAX_BYTES) return Promise.reject(new RelayDown('too many hints wait'));
    return new Promise((done, failed) => {
      this.#waiting.push({ hint, bytes, isHeirloom, done, failed });
      this.#waitingBytes += bytes;
      this.#start();
    });
  }

  #start(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#parts.runtime.soon(() => void this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      try {
        await this.#sendBatch(batch);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#isSending = false;
  }

  /** What fits into one batch; the first always does. */
  #next(): Waiting[] {
    let [bytes, users, count] = [0, 0, 0];
    for (const { hint, bytes: more } of this.#waiting) {
      bytes += more;
      users += hint.userIds?.length ?? 1;
      if (count > 0 && (bytes > BATCH_MAX_BYTES || users > BATCH_MAX_USERS)) break;
      count++;
    }
    const batch = this.#waiting.splice(0, count);
    for (const waiting of batch) this.#waitingBytes -= waiting.bytes;
    return batch;
  }

  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    const { directory } = this.#parts;
    const concerned = new Set<string>();
    for (const { hint } of batch) for (const userId of hint.userIds ?? senderOf(hint)) concerned.add(userId);
    const found = await directory.find(concerned);
    // All entries are sent in one turn of the event loop, in order; only then is anything waited for.
    const sent = batch.map(async (waiting) => {
      try {
        waiting.done(await this.#sendOne(waiting, found));
      } catch (error) {
        waiting.failed(error);
      }
    });
    for (const boot of this.#outgoing.keys()) this.#sendEntry(boot);
    await Promise.all(sent);
  }

  #sendOne({ hint, isHeirloom }: Waiting, found: Found): Promise<readonly string[]> {
    if (hint.userIds === null) return this.#toAll(hint, found);
    const here: string[] = [];
    const targets = new Map<string, string[]>();
    for (const userId of hint.userIds) {
      for (const boot of found.get(userId) ?? []) {
        const userIds = boot === this.#parts.boot ? here : targets.get(boot);
        if (userIds === undefined) targets.set(boot, [userId]);
        else userIds.push(userId);
      }
    }
    const reached = [...targets].map(([boot, userIds]) =>
      this.#add(boot, hint, userIds).then((isThere) => (isThere ? userIds : [])),
    );
    if (isHeirloom && here.length > 0) reached.push(this.#here(hint, here));
    return this.#absent(hint.userIds, found, reached);
  }

  async #absent(userIds: readonly string[], found: Found, reaching: readonly Promise<string[]>[]): Promise<readonly string[]> {
    const reached = new Set((await Promise.all(reaching)).flat());
    if (userIds.some((userId) => found.get(userId) === null)) throw new RelayDown('the directory cannot be read now');
    return userIds.filter((userId) => !reached.has(userId));
  }

  /** One entry for each server, without a list (R12). */
  async #toAll(hint: Hint, found: Found): Promise<readonly string[]> {
    const withSender = senderOf(hint).flatMap((userId) => found.get(userId) ?? []);
    await Promise.all(this.#parts.servers.hearing().map((boot) => this.#add(boot, hint, null, withSender.includes(boot))));
    return [];
  }

  /** Puts it into the server's next entry. False: there is no such stream any more, so the server has gone. */
  #add(boot: string, hint: Hint, userIds: readonly string[] | null, withSender = isFor(hint, userIds)): Promise<boolean> {
    const count = (this.#counts.get(boot) ?? 0) + 1;
    this.#counts.set(boot, count);
    const bytes = encodeHint(hint, { from: this.#parts.boot, count, userIds, withSender });
    const full = this.#outgoing.get(boot);
    if (full !== undefined && (full.bytes + bytes.length > ENTRY_MAX_BYTES || full.fields.length >= 2 * ENTRY_MAX_HINTS))
      this.#sendEntry(boot);
    const entry = this.#outgoing.get(boot) ?? new Outgoing();
    this.#outgoing.set(boot, entry);
    entry.fields.push(FIELD, bytes);
    entry.bytes += bytes.length;
    return entry.isThere;
  }

  #sendEntry(boot: string): void {
    const entry = this.#outgoing.get(boot);
    this.#outgoing.delete(boot);
    entry?.sent(this.#append(boot, entry.fields));
  }

  async #append(boot: string, fields: (string | Buffer)[]): Promise<boolean> {
    const { connections, keys, streamMaxEntries, servers } = this.#parts;
    const stream = keys.stream(boot);
    const entries = (this.#entries.get(boot) ?? 0) + 1;
    this.#entries.set(boot, entries);
    const id = await (entries % TRIMMED_EVERY_ENTRIES === 0
      ? connections.shared.xadd(stream, 'NOMKSTREAM', 'MAXLEN', '~', streamMaxEntries, '*', ...fields)
      : connections.shared.xadd(stream, 'NOMKSTREAM', '*', ...fields));
    if (id === null) servers.refresh().catch(() => {});
    return id !== null;
  }

  async #here(hint: Hint, userIds: string[]): Promise<string[]> {
    await this.#parts.deliverHere({ ...hint, userIds });
    return userIds;
  }
}

const senderOf = (hint: Hint): readonly string[] => (hint.kind === 'entry' ? [hint.senderId] : []);

const isFor = (hint: Hint, userIds: readonly string[] | null): boolean =>
  hint.kind === 'entry' && userIds !== null && userIds.includes(hint.senderId);
