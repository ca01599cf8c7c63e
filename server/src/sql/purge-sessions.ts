import type { SessionStore } from '../ports/accounts.js';
import type { Job } from '../ports/profile.js';
import type { Runtime } from '../ports/runtime.js';

const ROWS_AT_ONCE = 1_000;

/** Deletes sessions that have expired. */
export function purgeSessions(sessions: SessionStore, runtime: Runtime): Job {
  return {
    name: 'purge sessions',
    everyMs: 60_000,
    run: async () => (await sessions.purge(runtime.now(), ROWS_AT_ONCE)) === ROWS_AT_ONCE,
  };
}
