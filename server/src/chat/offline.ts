import type { OfflineQueue } from '../ports/offline.js';
import type { Runtime } from '../ports/runtime.js';
import { recentlyUsed } from './recent.js';

const NOTED_KEPT = 200_000;

/** Who missed what while away. One row for each user and conversation, however many messages come. */
export class Offline {
  readonly #queue: OfflineQueue;
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  /** Rows that are known to be there, so that a busy conversation does not note its absent members again and again. */
  readonly #noted = recentlyUsed<true>(NOTED_KEPT);

  constructor(queue: OfflineQueue, runtime: Runtime, onError: (error: unknown) => void) {
    this.#queue = queue;
    this.#runtime = runtime;
    this.#onError = onError;
  }

  /** Notes it with the next commit. A note that is lost with the process is rebuilt from cursors when the user connects. */
  note(conversationId: string, userIds: readonly string[], seq: number): void {
    const fresh = userIds.filter((userId) => !this.#noted.has(key(userId, conversationId)));
    if (fresh.length === 0) return;
    for (const userId of fresh) this.#noted.set(key(userId, conversationId), true);
    this.#queue.note(conversationId, fresh, seq, this.#runtime.now()).catch((error: unknown) => {
      for (const userId of fresh) this.received(userId, conversationId);
      this.#onError(error);
    });
  }

  /** The user's cursor moved, and with it the row: the next message is to be noted anew. */
  received(userId: string, conversationId: string): void {
    this.#noted.delete(key(userId, conversationId));
  }
}

const key = (userId: string, conversationId: string) => `${userId}/${conversationId}`;
