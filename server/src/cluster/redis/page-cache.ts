import type { Entry } from '../../ports/log.js';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';
import { Script } from './script.js';

const KEPT_MS = 60_000;
const PAGE_MAX_BYTES = 262_144;
/** Of what is stored, so that servers of different versions do not take each other's. */
const VERSION = 1;

/** Of two pages the one with the higher end stays, whoever comes first (R17). */
const STORE = new Script(`
local stored = tonumber(string.match(redis.call('GETRANGE', KEYS[1], 0, 15), '^%d+'))
if stored and stored >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/**
 * The newest page of a conversation, for a minute. An edit or deletion is an entry of its own, so a page that ends at
 * the conversation's last seq cannot lack one; and one is only stored if what its edits and deletions changed is changed
 * in it. So what is read is what the log would give, whoever stored it.
 */
export class PageCache {
  readonly #connections: RedisConnections;
  readonly #keys: Keys;

  constructor(parts: { connections: RedisConnections; keys: Keys }) {
    this.#connections = parts.connections;
    this.#keys = parts.keys;
  }

  /** Keeps entries that end with the conversation's newest. True: kept; false: a newer page is there, or it is unfit. */
  async store(conversationId: string, entries: readonly Entry[]): Promise<boolean> {
    const to = entries.at(-1)?.seq;
    if (to === undefined || !isContiguous(entries) || !isFolded(entries)) return false;
    const text = Buffer.from(`${to} ${VERSION} ${JSON.stringify(entries)}`);
    if (text.length > PAGE_MAX_BYTES) return false;
    return (await STORE.run(this.#connections.shared, this.#keys.page(conversationId), to, text, KEPT_MS)) === 1;
  }

  /** The entries, oldest first; null: none, or not up to `lastSeq`, which the caller has just read with the membership. */
  async read(conversationId: string, lastSeq: number): Promise<Entry[] | null> {
    const text = await this.#connections.shared.get(this.#keys.page(conversationId));
    const [, to, version, json] = /^(\d+) (\d+) (.*)$/s.exec(text ?? '') ?? [];
    if (json === undefined || Number(version) !== VERSION || Number(to) < lastSeq) return null;
    return JSON.parse(json) as Entry[];
  }

  /** For when entries go without a new one, as by retention. */
  async forget(conversationId: string): Promise<void> {
    await this.#connections.shared.del(this.#keys.page(conversationId));
  }
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
