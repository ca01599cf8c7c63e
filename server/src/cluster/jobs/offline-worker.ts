import { UnrecoverableError, type Job as BullJob } from 'bullmq';
import type { OfflineQueue } from '../../ports/offline.js';
import type { Runtime } from '../../ports/runtime.js';
import { noteMissed } from './missed.js';
import { PendingNotes } from './pending-notes.js';
import { OFFLINE_QUEUE, type QueuePlace } from './queue.js';
import { withTimeLimit } from './time-limit.js';
import { JobWorker } from './worker.js';

const CONVERSATIONS_AT_ONCE = 8;

export interface OfflineWorkerParts extends QueuePlace {
  inner: OfflineQueue;
  runtime: Runtime;
  lockMs: number;
  /** One job may take so long. */
  limitMs: number;
}

/** Writes down in the store what `QueuedOffline` put into the queue. */
export function openOfflineWorker(parts: OfflineWorkerParts): JobWorker {
  const { connection, prefix, inner, runtime, lockMs, limitMs } = parts;
  const pending = new PendingNotes(connection.client, prefix);
  const noteAll = async (conversationId: string) => {
    const missed = await pending.read(conversationId);
    await noteMissed(inner, conversationId, missed);
    await pending.forget(conversationId, missed);
  };
  return new JobWorker(
    { queue: OFFLINE_QUEUE, concurrency: CONVERSATIONS_AT_ONCE, lockMs },
    (job) => withTimeLimit(noteAll(conversationOf(job)), limitMs, 'noting who missed what', runtime),
    parts,
  );
}

function conversationOf({ data }: BullJob<unknown>): string {
  if (typeof data === 'object' && data !== null && 'conversationId' in data && typeof data.conversationId === 'string') {
    return data.conversationId;
  }
  throw new UnrecoverableError('not a note');
}
