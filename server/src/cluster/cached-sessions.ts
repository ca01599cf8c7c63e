import type { HeldSession, SessionRow, SessionStore } from '../ports/accounts.js';
import type { Meter } from '../ports/meter.js';
import type { SessionCache } from './redis/session-cache.js';

/** Sessions that any server has read within a minute come from Redis (R23). Without Redis they come from the store. */
export class CachedSessions implements SessionStore {
  readonly #sessions: SessionStore;
  readonly #cache: () => SessionCache;
  readonly #meter: Meter;
  readonly #onError: (error: unknown) => void;

  constructor(parts: { sessions: SessionStore; cache: () => SessionCache; meter: Meter; onError: (error: unknown) => void }) {
    this.#sessions = parts.sessions;
    this.#cache = parts.cache;
    this.#meter = parts.meter;
    this.#onError = parts.onError;
  }

  create(session: SessionRow): Promise<void> {
    return this.#sessions.create(session);
  }

  async get(id: string): Promise<HeldSession | null> {
    const cached = await this.#read(id);
    this.#meter.count(cached === null ? 'session_cache_misses' : 'session_cache_hits');
    if (cached === 'ended') return null;
    if (cached !== null) return { ...cached.row, holdsMs: cached.holdsMs };
    const row = await this.#sessions.get(id);
    if (row !== null) this.#cache().keep(row).catch(this.#onError);
    return row;
  }

  list(userId: string, now: number): Promise<SessionRow[]> {
    return this.#sessions.list(userId, now);
  }

  /** Whose end was not told at the time is told now: else the cache would let them in again. */
  async endedAmong(ids: readonly string[]): Promise<string[]> {
    const ended = await this.#sessions.endedAmong(ids);
    await this.#ended(ended);
    return ended;
  }

  async end(userId: string, id: string): Promise<boolean> {
    const ended = await this.#sessions.end(userId, id);
    if (ended) await this.#ended([id]);
    return ended;
  }

  async endOthers(userId: string, keep: string | null): Promise<string[]> {
    const ended = await this.#sessions.endOthers(userId, keep);
    await this.#ended(ended);
    return ended;
  }

  touch(id: string, at: number): Promise<void> {
    return this.#sessions.touch(id, at);
  }

  purge(now: number, limit: number): Promise<number> {
    return this.#sessions.purge(now, limit);
  }

  async #read(id: string): ReturnType<SessionCache['read']> {
    try {
      return await this.#cache().read(id);
    } catch {
      // Redis is away: the store answers.
      return null;
    }
  }

  /** Said before the answer, so that a server which is asked next knows. */
  async #ended(ids: readonly string[]): Promise<void> {
    await this.#cache().ended(ids).catch(this.#onError);
  }
}
