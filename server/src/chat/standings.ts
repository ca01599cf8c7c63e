import type { Status } from '@parley/protocol';
import type { PresenceBoard } from '../ports/presence-board.js';
import type { Runtime } from '../ports/runtime.js';

/** How many people's standings are asked of the board at a time. */
const READ_AT_ONCE = 500;
/** After a read that failed. */
const RETRY_MS = 1_000;

/** How somebody is there. */
export type Present = Exclude<Status, 'offline'>;

export interface StandingsParts {
  /** Null: this server is alone. */
  board: PresenceBoard | null;
  runtime: Runtime;
  /** Everybody whom somebody here looks at. */
  lookedAt: () => string[];
  isLookedAt: (userId: string) => boolean;
  /**
   * Told how people who may have changed stand elsewhere; those who are not in `standings` are not there. `died`: whether
   * a server on which they stood is dead.
   */
  told: (userIds: string[], standings: ReadonlyMap<string, Present>, died: ReadonlyMap<string, boolean>) => Promise<void>;
  /** What others are to find when they hear that somebody left. */
  beforeLeaving: () => Promise<void>;
  onError: (error: unknown) => void;
}

/** How people stand on this server, as the others are told, and on the others, as far as somebody here looks. */
export class Standings {
  readonly #parts: StandingsParts;
  /** What this server last put on the board. */
  readonly #put = new Map<string, Present>();
  /** Followed people who may have changed elsewhere, and whether a server of theirs died; read together at the end of the tick. */
  #changed = new Map<string, boolean>();

  constructor(parts: StandingsParts) {
    this.#parts = parts;
    parts.board?.listen((userId, died) => this.#mayHaveChanged(userId === null ? parts.lookedAt() : [userId], died));
  }

  /** How the user stands here; null: not here, or not to be seen. */
  put(userId: string, status: Present | null): void {
    const { board, onError } = this.#parts;
    if (board === null || (this.#put.get(userId) ?? null) === status) return;
    if (status === null) {
      this.#put.delete(userId);
      this.#takeOff(board, userId).catch(onError);
    } else {
      this.#put.set(userId, status);
      board.put(userId, { away: status === 'away' });
    }
  }

  /** This server goes on under another id, under which nothing is on the board yet. */
  putAllAgain(): void {
    for (const [userId, status] of this.#put) this.#parts.board?.put(userId, { away: status === 'away' });
  }

  takeAllOff(): void {
    for (const userId of [...this.#put.keys()]) this.put(userId, null);
  }

  /** From now on changes of these users are told; gives how they stand elsewhere now. */
  async follow(userIds: string[]): Promise<ReadonlyMap<string, Present>> {
    await this.#parts.board?.follow(userIds);
    return (await this.#parts.board?.elsewhere(userIds)) ?? new Map();
  }

  unfollow(userId: string): void {
    this.#parts.board?.unfollow(userId);
  }

  async #takeOff(board: PresenceBoard, userId: string): Promise<void> {
    try {
      await this.#parts.beforeLeaving();
    } finally {
      const isBack = this.#put.has(userId);
      if (!isBack) board.put(userId, null);
    }
  }

  #mayHaveChanged(userIds: string[], died: boolean): void {
    const { runtime } = this.#parts;
    if (this.#changed.size === 0) runtime.soon(() => void this.#readChanged());
    this.#note(userIds, died);
  }

  #note(userIds: readonly string[], died: boolean): void {
    for (const userId of userIds) this.#changed.set(userId, died || this.#changed.get(userId) === true);
  }

  async #readChanged(): Promise<void> {
    const { board, isLookedAt, told, onError } = this.#parts;
    const changed = this.#changed;
    this.#changed = new Map();
    const userIds = [...changed.keys()].filter(isLookedAt);
    for (let start = 0; start < userIds.length; start += READ_AT_ONCE) {
      const some = userIds.slice(start, start + READ_AT_ONCE);
      try {
        await told(some, (await board?.elsewhere(some)) ?? new Map(), changed);
      } catch (error) {
        onError(error);
        this.#readLater(userIds.slice(start), changed);
        return;
      }
    }
  }

  /** A store is away, and nothing else would tell of these changes. */
  #readLater(userIds: readonly string[], died: ReadonlyMap<string, boolean>): void {
    if (this.#changed.size === 0) this.#parts.runtime.after(RETRY_MS, () => void this.#readChanged());
    for (const userId of userIds) this.#note([userId], died.get(userId) === true);
  }
}
