import type { http } from '@parley/protocol';
import type { Runtime } from '../ports/runtime.js';
import type { HeldSession, SessionRow, SessionStore } from '../ports/accounts.js';

/** From where a session is opened, as shown to its user. */
export interface Device {
  userAgent: string | null;
  address: string | null;
}
/** A session that holds. */
export interface LiveSession {
  userId: string;
  expiresAt: number;
}
export interface SessionsOptions {
  tokenTtlMs: number;
  /** Beyond it, opening one more ends the one that was unused for longest. */
  perUserMax?: number;
  cachedMax?: number;
  /** Tells the other servers what ended here. */
  tell?: (sessionIds: readonly string[]) => void;
}
/** Told the ids of sessions that were ended, after the fact is stored. */
export type EndedListener = (sessionIds: readonly string[]) => void;

const CACHED_FOR_MS = 60_000;
/** `lastUsedAt` is for people; finer than this it would cost a commit per minute and user. */
const TOUCH_EVERY_MS = 600_000;
const USER_AGENT_MAX_CHARS = 256;
const RECHECKED_AT_ONCE = 1_000;

/** Logins: one for each device. A token holds only as long as its session does. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #runtime: Runtime;
  readonly #tokenTtlMs: number;
  readonly #perUserMax: number;
  readonly #cachedMax: number;
  readonly #tell: (sessionIds: readonly string[]) => void;
  /** Sessions seen alive, until when that is believed; in order of entry. */
  readonly #alive = new Map<string, LiveSession & { believedUntil: number }>();
  readonly #listeners = new Set<EndedListener>();
  /** Counts endings, so that a read which began before one is not remembered after it. */
  #endings = 0;

  constructor(store: SessionStore, runtime: Runtime, options: SessionsOptions) {
    const { tokenTtlMs, perUserMax = 100, cachedMax = 20_000, tell = () => undefined } = options;
    this.#store = store;
    this.#runtime = runtime;
    this.#tokenTtlMs = tokenTtlMs;
    this.#perUserMax = perUserMax;
    this.#cachedMax = cachedMax;
    this.#tell = tell;
  }

  /** Opens a session for the user. */
  async open(userId: string, device: Device): Promise<SessionRow> {
    const now = this.#runtime.now();
    await this.#makeRoom(userId, now);
    const session: SessionRow = {
      id: this.#runtime.id(),
      userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: now + this.#tokenTtlMs,
      userAgent: device.userAgent?.slice(0, USER_AGENT_MAX_CHARS) ?? null,
      address: device.address,
    };
    await this.#store.create(session);
    return session;
  }

  /** Whose session it is and until when; null once it has ended or expired. Asked on each request and heartbeat. */
  async check(sessionId: string): Promise<LiveSession | null> {
    const now = this.#runtime.now();
    const known = this.#alive.get(sessionId);
    if (known && now < known.believedUntil) return now < known.expiresAt ? known : null;
    const endings = this.#endings;
    const row = await this.#store.get(sessionId);
    if (!row || row.expiresAt <= now) return null;
    if (endings === this.#endings) this.#believe(row, now);
    this.#touch(row, now);
    return { userId: row.userId, expiresAt: row.expiresAt };
  }

  /** The user's sessions, the one used last first; `current` is that of the caller. */
  async list(userId: string, currentId: string): Promise<http.Session[]> {
    const rows = await this.#store.list(userId, this.#runtime.now());
    return rows
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
      .map(({ id, createdAt, lastUsedAt, expiresAt, userAgent, address }) => ({
        sessionId: id,
        createdAt,
        lastUsedAt,
        expiresAt,
        userAgent,
        address,
        current: id === currentId,
      }));
  }

  /** Ends one session of the user: its token and its sockets with it. False: there is none. */
  async end(userId: string, sessionId: string): Promise<boolean> {
    const ended = await this.#store.end(userId, sessionId);
    if (ended) this.#ended([sessionId]);
    return ended;
  }

  /** Ends all sessions of the user but `keep`; gives how many. */
  async endOthers(userId: string, keep: string | null): Promise<number> {
    const ended = await this.#store.endOthers(userId, keep);
    this.#ended(ended);
    return ended.length;
  }

  /** Calls back with the ids of sessions that end. Gives the way to stop it. */
  onEnded(listener: EndedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #makeRoom(userId: string, now: number): Promise<void> {
    const rows = await this.#store.list(userId, now);
    if (rows.length < this.#perUserMax) return;
    const unusedForLongest = rows.sort((a, b) => a.lastUsedAt - b.lastUsedAt).slice(0, rows.length - this.#perUserMax + 1);
    for (const { id } of unusedForLongest) await this.end(userId, id);
  }

  /** Finds those that were ended elsewhere without word of it, and ends them here too (R23). */
  async recheck(sessionIds: readonly string[]): Promise<void> {
    for (let n = 0; n < sessionIds.length; n += RECHECKED_AT_ONCE) {
      this.ended(await this.#store.endedAmong(sessionIds.slice(n, n + RECHECKED_AT_ONCE)));
    }
  }

  /** Another server ended these: nothing here believes them any more. */
  ended(sessionIds: readonly string[]): void {
    if (sessionIds.length === 0) return;
    this.#endings += 1;
    for (const id of sessionIds) this.#alive.delete(id);
    for (const listener of this.#listeners) listener(sessionIds);
  }

  #ended(sessionIds: readonly string[]): void {
    if (sessionIds.length === 0) return;
    this.ended(sessionIds);
    this.#tell(sessionIds);
  }

  #believe({ id, userId, expiresAt, holdsMs = CACHED_FOR_MS }: HeldSession, now: number): void {
    this.#alive.delete(id);
    this.#alive.set(id, { userId, expiresAt, believedUntil: now + holdsMs });
    if (this.#alive.size <= this.#cachedMax) return;
    for (const oldest of this.#alive.keys()) {
      this.#alive.delete(oldest);
      return;
    }
  }

  #touch({ id, lastUsedAt }: SessionRow, now: number): void {
    if (now - lastUsedAt < TOUCH_EVERY_MS) return;
    // A store that cannot write must not turn a good token down; the next check tries again.
    this.#store.touch(id, now).catch(() => undefined);
  }
}
