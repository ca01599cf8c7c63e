import { LIMITS } from '@parley/protocol';
import type { Profile, ProfileParts } from '../ports/profile.js';
import { purgeSessions } from '../sql/purge-sessions.js';
import { openEmbedded } from './open.js';

const DAY_MS = 86_400_000;
/** A day more than promised, so that a clock that is set back breaks no promise. */
const SENDS_KEPT_MS = (LIMITS.idempotencyDays + 1) * DAY_MS;
const CHUNK_ROWS = 1_000;

/** Everything in one process, on one SQLite file in `dataDir`. */
export async function embeddedProfile(dataDir: string, { runtime, meter, onFatal }: ProfileParts): Promise<Profile> {
  const stores = await openEmbedded({ dataDir, runtime, meter, onFatal });
  const { maintenance } = stores;
  return {
    stores,
    others: null,
    checks: { store: { run: () => maintenance.check(), isVital: true } },
    jobs: [
      purgeSessions(stores.sessions, runtime),
      {
        name: 'purge idempotency records',
        everyMs: 60_000,
        run: async () => (await maintenance.purgeSends(runtime.now() - SENDS_KEPT_MS, CHUNK_ROWS)) === CHUNK_ROWS,
      },
    ],
    queues: null,
    start: async () => undefined,
    close: () => stores.close(),
  };
}
