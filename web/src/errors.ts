import { ParleyError } from '@parley/client';
import type { Texts } from './text/en.js';

/** What to tell somebody about what went wrong. */
export function wordsFor(error: unknown, { errors }: Texts): string {
  if (!(error instanceof ParleyError)) return errors.other(error instanceof Error ? error.message : String(error));
  switch (error.code) {
    case 'network':
    case 'timeout':
    case 'disconnected':
      return errors.network;
    case 'wrong_credentials':
      return errors.wrong_credentials;
    case 'account_suspended':
      return errors.account_suspended;
    case 'username_taken':
      return errors.username_taken;
    case 'rate_limited':
      return errors.rate_limited(Math.ceil((error.retryAfterMs ?? 1_000) / 1_000));
    default:
      return errors.other(error.message);
  }
}
