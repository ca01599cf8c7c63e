import type { SharedLimits } from '../ports/shared-limits.js';
import { Buckets, type Rate } from './rate-limit.js';

/** The rates of all doors. */
export interface Rates {
  messages: Rate;
  history: Rate;
  typing: Rate;
  joins: Rate;
  logins: Rate;
  loginsPerAddress: Rate;
  registrations: Rate;
  requests: Rate;
}

/** The buckets that sockets and HTTP share, so that a user has one allowance, however many connections. */
export interface Limits {
  /** By user id. */
  messages: Buckets;
  history: Buckets;
  typing: Buckets;
  /** Joining, creating groups, starting chats. */
  joins: Buckets;
  /** By username in lower case, whether there is such an account or not. */
  logins: Buckets;
  /** By address, as `addressKey` gives it. */
  loginsPerAddress: Buckets;
  registrations: Buckets;
  requests: Buckets;
}

const KINDS = [
  'messages',
  'history',
  'typing',
  'joins',
  'logins',
  'loginsPerAddress',
  'registrations',
  'requests',
] as const satisfies (keyof Rates)[];

/** One full bucket for everybody; with `shared`, the same one on all servers (R23). */
export function openLimits(rates: Rates, monotonic: () => number, shared: SharedLimits | null): Limits {
  const limits = Object.fromEntries(
    KINDS.map((bucket) => {
      const rate = rates[bucket];
      const tell = shared === null ? undefined : (key: string, cost: number) => shared.note({ bucket, key, cost, rate });
      return [bucket, new Buckets(rate, monotonic, undefined, tell)];
    }),
  ) as Record<keyof Rates, Buckets>;
  shared?.listen((bucket, key, fullInMs) => limits[bucket as keyof Rates].moved(key, fullInMs));
  return limits;
}
