import { ParleyError } from '@parley/client';
import type { Texts } from './text/en.js';

/** What to tell somebody about what went wrong. */
export function wordsFor(error: unknown, { errors }: Texts): string {
  if (!(error instanceof ParleyError)) return errors.other(error instanceof Error ? error.message : String(error));
  const { code, retryAfterMs } = error;
  if (code === 'network' || code === 'timeout' || code === 'disconnected') return errors.network;
  if (code === 'wrong_credentials' || code === 'username_taken') return errors[code];
  if (code === 'rate_limited') return errors.rate_limited(Math.ceil((retryAfterMs ?? 1_000) / 1_000));
  return errors.other(error.message);
}
