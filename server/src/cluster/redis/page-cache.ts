import type { Entry } from '../../ports/log.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import { Script } from './script.js';

const KEPT_MS = 60_000;
/** A page that goes on is cut to so many, now and then: one of the largest that may be asked for. */
export const PAGE_ENTRIES = 100;
const CUT_EVERY_SEQS = 50;
const PAGE_MAX_BYTES = 262_144;
/** What is longer ends the page; the next reader stores it anew. */
const ADDED_MAX_CHARS = 4_096;
/** Read beyond what is asked for: what was appended since the caller read the conversation's last seq. */
const NEWER_MAX_ENTRIES = 16;
/** Of what is stored, so that servers of different versions do not take each other's. */
const VERSION = 2;

/**
 * Of two whole pages the one with the higher end stays, whoever comes first (R17); one with a hole never does. One that two
 * servers added to in another order counts as such here, which does no harm.
 */
const STORE = new Script(`
local last = tonumber(string.match(redis.call('LINDEX', KEYS[1], -1) or '', '^%d+'))
if last and last >= tonumber(ARGV[1]) then
  local first = tonumber(string.match(redis.call('LINDEX', KEYS[1], 0), '^%d+'))
  if last - first + 1 == redis.call('LLEN', KEYS[1]) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);

/**
 * The newest page of a conversation, for a minute after it was read, as a list of entries. Messages are added to it as they
 * are appended; edits, deletions and what is lost on the way are not, and leave a hole. An edit or deletion is an entry of
 * its own, with a higher seq than its target: so a run of entries without a hole that ends at the conversation's last seq
 * cannot lack one, and is what the log would give, whoever stored it.
 */
export class PageCache {
  readonly #connections: RedisConnections;
  readonly #keys: Keys;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  /** Conversation → what is to be added at the end of this turn of the event loop. */
  #added: Map<string, Entry[]> | null = null;

  constructor(parts: { connections: RedisConnections; keys: Keys; runtime: Runtime; onError: (error: unknown) => void }) {
    this.#connections = parts.connections;
    this.#keys = parts.keys;
    this.#runtime = parts.runtime;
    this.#onError = parts.onError;
  }

  /** A message was appended. Where its conversation's page is kept, it goes on with it. */
  add(message: Entry): void {
    if (message.content.length > ADDED_MAX_CHARS) return;
    if (this.#added === null) {
      this.#added = new Map();
      this.#runtime.soon(() => this.#addAll());
    }
    const added = this.#added.get(message.conversationId);
    if (added === undefined) this.#added.set(message.conversationId, [message]);
    else added.push(message);
  }

  /** Keeps entries that end with the conversation's newest. True: kept; false: a newer page is there, or it is unfit. */
  async store(conversationId: string, entries: readonly Entry[]): Promise<boolean> {
    const to = entries.at(-1)?.seq;
    if (to === undefined || !isContiguous(entries) || !isFolded(entries)) return false;
    const texts = entries.map(textOf);
    if (texts.reduce((sum, text) => sum + text.length, 0) > PAGE_MAX_BYTES) return false;
    return (await STORE.run(this.#connections.shared, this.#keys.page(conversationId), to, KEPT_MS, ...texts)) === 1;
  }

  /**
   * Entries without a hole, oldest first, up to `lastSeq` at least, which the caller has just read with the membership: as
   * many as `limit`, if there are. Null: none, or not up to there.
   */
  async read(conversationId: string, lastSeq: number, limit: number): Promise<Entry[] | null> {
    const texts = await this.#connections.shared.lrange(this.#keys.page(conversationId), -limit - NEWER_MAX_ENTRIES, -1);
    const entries: Entry[] = [];
    for (const text of texts) {
      const entry = entryIn(text);
      if (entry === null) return null;
      entries.push(entry);
    }
    // Two servers may have added theirs in another order, and one that a stored page had already.
    const sorted = entries.sort((a, b) => a.seq - b.seq);
    const page = sorted.filter(({ messageId }, n) => sorted[n - 1]?.messageId !== messageId);
    return isContiguous(page) && (page.at(-1)?.seq ?? -1) >= lastSeq ? page : null;
  }

  /** For when entries go without a new one, as by retention. */
  async forget(conversationId: string): Promise<void> {
    await this.#connections.shared.del(this.#keys.page(conversationId));
  }

  #addAll(): void {
    const added = this.#added ?? new Map<string, Entry[]>();
    this.#added = null;
    const { shared, isUp } = this.#connections;
    // What is not added leaves a hole.
    if (!isUp) return;
    for (const [conversationId, entries] of added) {
      const key = this.#keys.page(conversationId);
      shared.rpushx(key, ...entries.map(textOf)).catch(this.#onError);
      if (entries.some(({ seq }) => seq % CUT_EVERY_SEQS === 0)) shared.ltrim(key, -PAGE_ENTRIES, -1).catch(this.#onError);
    }
  }
}

/** The seq stands first, for the script. */
const textOf = (entry: Entry): string => `${entry.seq} ${VERSION} ${JSON.stringify(entry)}`;

function entryIn(text: string): Entry | null {
  const versionAt = text.indexOf(' ') + 1;
  const jsonAt = text.indexOf(' ', versionAt) + 1;
  return text.slice(versionAt, jsonAt - 1) === String(VERSION) ? (JSON.parse(text.slice(jsonAt)) as Entry) : null;
}

function isContiguous(entries: readonly Entry[]): boolean {
  const first = entries[0]?.seq ?? 0;
  return entries.every((entry, index) => entry.seq === first + index);
}

/** A page may have been read between the two writes of an edit, where those are not one. Its target, if on the page, is older. */
function isFolded(entries: readonly Entry[]): boolean {
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  return entries.every((entry) => {
    const target = bySeq.get(entry.detail?.target?.seq ?? 0);
    if (target === undefined) return true;
    const deletedAt = target.deletedAt ?? 0;
    if (entry.kind === 'delete') return deletedAt >= entry.createdAt;
    return entry.kind !== 'edit' || Math.max(target.editedAt ?? 0, deletedAt) >= entry.createdAt;
  });
}
