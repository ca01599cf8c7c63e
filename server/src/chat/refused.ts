import { Refusal } from '@parley/protocol';
import { AppendRefused } from '../ports/log.js';

const OVERLOAD_RETRY_MS = 500;
const STORAGE_RETRY_MS = 2_000;
const STALE_TRIES = 8;

/** What the log refused, as the caller is told. Anything else is a fault and goes on as it is. */
export function refusalFrom(error: unknown): unknown {
  if (!(error instanceof AppendRefused)) return error;
  switch (error.code) {
    case 'overloaded':
    case 'stale':
      return new Refusal('overloaded', undefined, { retryAfterMs: OVERLOAD_RETRY_MS });
    case 'storage_full':
    case 'storage_readonly':
      return new Refusal(error.code, undefined, { retryAfterMs: STORAGE_RETRY_MS });
    case 'not_member':
    case 'blocked':
    case 'group_closed':
    case 'client_id_reused':
    case 'not_found':
    case 'message_deleted':
      return new Refusal(error.code, undefined, error.code === 'client_id_reused' ? { field: 'clientMessageId' } : {});
  }
}

/**
 * Optimistic change: reads the state, decides, and appends only if the members are still those of that state; else
 * reads and decides again (R6).
 */
export async function untilFresh<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const stale = error instanceof AppendRefused && error.code === 'stale';
      if (!stale || tries === STALE_TRIES) throw refusalFrom(error);
    }
  }
}
