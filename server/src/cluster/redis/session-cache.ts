import type { SessionRow } from '../../ports/accounts.js';
import type { RedisConnections } from './connect.js';
import type { Keys } from './keys.js';

/** R23. */
const KEPT_MS = 60_000;
/** Longer than a read of the store that began before the end can take to come here. */
const ENDED_KEPT_MS = 120_000;
const ENDED = '';

/** A session as the store had it, and how long it may still be believed. */
export interface CachedSession {
  row: SessionRow;
  holdsMs: number;
}

/**
 * Sessions for at most a minute after they were read from the store. That one was ended is kept longer, and nothing
 * takes its place: who read the session just before keeps it no more.
 */
export class SessionCache {
  readonly #connections: RedisConnections;
  readonly #keys: Keys;

  constructor(parts: { connections: RedisConnections; keys: Keys }) {
    this.#connections = parts.connections;
    this.#keys = parts.keys;
  }

  async keep(row: SessionRow): Promise<void> {
    await this.#connections.shared.set(this.#keys.session(row.id), JSON.stringify(row), 'PX', KEPT_MS, 'NX');
  }

  /** Null: not known. */
  async read(id: string): Promise<CachedSession | 'ended' | null> {
    const key = this.#keys.session(id);
    const { shared } = this.#connections;
    // In one turn of the loop, so in one write; and if it expires in between there is no time left.
    const [text, holdsMs] = await Promise.all([shared.get(key), shared.pttl(key)]);
    if (text === ENDED) return 'ended';
    return text === null || holdsMs <= 0 ? null : { row: JSON.parse(text) as SessionRow, holdsMs };
  }

  async ended(ids: readonly string[]): Promise<void> {
    const { shared } = this.#connections;
    await Promise.all(ids.map((id) => shared.set(this.#keys.session(id), ENDED, 'PX', ENDED_KEPT_MS)));
  }
}
