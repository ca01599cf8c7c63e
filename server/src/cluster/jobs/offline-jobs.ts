import type { Queue } from 'bullmq';
import type { Logger } from '../../ports/logger.js';
import type { OfflineQueue, OfflineRow } from '../../ports/offline.js';
import type { Runtime } from '../../ports/runtime.js';
import { inLanes } from '../in-lanes.js';
import { COMMAND_MS, type JobConnection } from './connection.js';
import { miss, noteMissed, type Missed } from './missed.js';
import { PendingNotes } from './pending-notes.js';
import { jobOptions, type Retries } from './queue.js';
import { withTimeLimit } from './time-limit.js';

/** An outage of PostgreSQL of some eight minutes, before a note is a dead letter. */
const NOTE_RETRIES: Retries = { attempts: 10, firstRetryMs: 1_000 };
const NOTE_JOB = 'note';
/** Users of one batch; what comes beyond, while Redis is slow, goes to the store directly. */
const BATCH_MAX_USERS = 20_000;
const JOBS_WAITING_MAX = 100_000;
const STORE_CALLS_AT_ONCE = 8;

/** What a job of the offline queue carries; who missed what is in `PendingNotes`. */
interface NoteJob {
  conversationId: string;
}

export interface QueuedOfflineParts {
  inner: OfflineQueue;
  queue: Queue<unknown>;
  connection: JobConnection;
  prefix: string;
  runtime: Runtime;
  logger: Logger;
}

interface Settled {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What is put into the queue together; settled for each conversation. */
class Batch {
  readonly notes = new Map<string, Missed>();
  readonly #settled = new Map<string, Settled>();
  users = 0;

  add(conversationId: string, userIds: string[], seq: number, at: number): Promise<void> {
    const missed = this.notes.get(conversationId) ?? new Map();
    this.notes.set(conversationId, missed);
    this.users -= missed.size;
    for (const userId of userIds) miss(missed, userId, { seq, at });
    this.users += missed.size;
    const settled = this.#settled.get(conversationId) ?? openSettled();
    this.#settled.set(conversationId, settled);
    return settled.promise;
  }

  done(conversationId: string): void {
    this.#settled.get(conversationId)?.resolve();
  }

  failed(conversationId: string, error: unknown): void {
    this.#settled.get(conversationId)?.reject(error);
  }
}

/**
 * The offline queue with its writes taken off the chat servers (R22): a note is a job, one for each conversation and tick,
 * and none for a user who waits there already. Without Redis, or when too many wait, the store is asked directly (D11).
 * A note that Redis loses is made again from cursors when the user connects.
 */
export class QueuedOffline implements OfflineQueue {
  readonly #parts: QueuedOfflineParts;
  readonly #pending: PendingNotes;
  #batch: Batch | null = null;
  #flushing: Promise<void> | null = null;
  #isDirect = false;
  #isClosed = false;

  constructor(parts: QueuedOfflineParts) {
    this.#parts = parts;
    this.#pending = new PendingNotes(parts.connection.client, parts.prefix);
  }

  /** Resolves when a job has it, or the store. */
  async note(conversationId: string, userIds: string[], seq: number, at: number): Promise<void> {
    if (userIds.length === 0) return;
    if (this.#isClosed || (this.#batch?.users ?? 0) + userIds.length > BATCH_MAX_USERS) {
      return this.#parts.inner.note(conversationId, userIds, seq, at);
    }
    this.#batch ??= new Batch();
    const noted = this.#batch.add(conversationId, userIds, seq, at);
    this.#flushSoon();
    return noted;
  }

  pending(userId: string, limit: number): Promise<OfflineRow[]> {
    return this.#parts.inner.pending(userId, limit);
  }

  size(): Promise<number> {
    return this.#parts.inner.size();
  }

  rebuild(userId: string, at: number): Promise<void> {
    return this.#parts.inner.rebuild(userId, at);
  }

  /** Hands over what was noted; later notes go to the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#flushing !== null) await this.#flushing;
  }

  /** A batch gathers while the one before it is under way, and at least to the end of the tick. */
  #flushSoon(): void {
    this.#flushing ??= new Promise((resolve) => this.#parts.runtime.soon(() => resolve(this.#flush()))).then(() => {
      this.#flushing = null;
      if (this.#batch !== null) this.#flushSoon();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = null;
    if (batch === null) return;
    try {
      await this.#enqueue(batch);
    } catch (error) {
      this.#say(error);
      await this.#storeDirectly(batch);
    }
  }

  async #enqueue(batch: Batch): Promise<void> {
    const { connection, runtime } = this.#parts;
    if (!connection.isUp) throw new Error('no connection to Redis');
    await withTimeLimit(this.#addJobs(batch.notes), COMMAND_MS, 'Redis', runtime);
    for (const conversationId of batch.notes.keys()) batch.done(conversationId);
    this.#say(null);
  }

  /** The notes first: a job that finds none has nothing to do, but notes without a job would wait. */
  async #addJobs(notes: ReadonlyMap<string, Missed>): Promise<void> {
    const { queue } = this.#parts;
    const lists = { waiting: queue.toKey('wait'), delayed: queue.toKey('delayed') };
    if (!(await this.#pending.add(notes, lists, JOBS_WAITING_MAX))) {
      throw new Error(`more than ${JOBS_WAITING_MAX} jobs wait: the workers do not keep up`);
    }
    await queue.addBulk(
      [...notes.keys()].map((conversationId) => ({
        name: NOTE_JOB,
        data: { conversationId } satisfies NoteJob,
        // One waits at most. While one runs, which may have read already, one more waits.
        opts: { ...jobOptions(NOTE_RETRIES), deduplication: { id: conversationId, keepLastIfActive: true } },
      })),
    );
  }

  async #storeDirectly(batch: Batch): Promise<void> {
    await inLanes([...batch.notes], STORE_CALLS_AT_ONCE, ([conversationId, missed]) =>
      noteMissed(this.#parts.inner, conversationId, missed).then(
        () => batch.done(conversationId),
        (error: unknown) => batch.failed(conversationId, error),
      ),
    );
  }

  #say(error: unknown): void {
    const isDirect = error !== null;
    if (isDirect === this.#isDirect) return;
    this.#isDirect = isDirect;
    const { logger } = this.#parts;
    if (isDirect) logger.warn({ err: error }, 'offline notes go to the store directly');
    else logger.info({}, 'offline notes go through the queue again');
  }
}

function openSettled(): Settled {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
