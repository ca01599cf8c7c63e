import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '@parley/protocol';

/** A wait that a person watching a progress bar does not mind. */
const PATIENCE_MS = 8_000;
const TRIES = 30;

/** The setting behind a refusal. */
export type Limit =
  | 'LIMIT_REGISTRATIONS_PER_HOUR'
  | 'LIMIT_LOGINS_PER_MIN'
  | 'LIMIT_JOINS_PER_MIN'
  | 'LIMIT_HISTORY_PER_S'
  | 'LIMIT_MESSAGES_PER_S'
  | 'LIMIT_REQUESTS_PER_S';

/** A limit of the server that would take too long to wait for. */
export class LimitReached extends Error {
  override name = 'LimitReached';

  constructor(limit: Limit, retryAfterMs: number) {
    super(
      [
        `The server's ${limit} stops this: it takes the next one in ${Math.ceil(retryAfterMs / 1_000)} s.`,
        'To go on, run the same command again; what is there already is skipped. But before that either',
        '  - stop the server: the command then writes into the store itself, without limits; or',
        `  - raise ${limit} (0 turns it off) and restart the server.`,
      ].join('\n'),
    );
  }
}

/** Tries, waits as long as a refusal says, and tries again; gives up on what takes longer than a short while. */
export async function patiently<T>(limit: Limit, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Refusal) || error.retryAfterMs === undefined) throw error;
      if (error.retryAfterMs > PATIENCE_MS || tries === TRIES) {
        throw error.code === 'rate_limited' ? new LimitReached(limit, error.retryAfterMs) : error;
      }
      await sleep(error.retryAfterMs);
    }
  }
}
