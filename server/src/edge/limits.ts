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

/** One full bucket for everybody. */
export function openLimits(rates: Rates, monotonic: () => number): Limits {
  return {
    messages: new Buckets(rates.messages, monotonic),
    history: new Buckets(rates.history, monotonic),
    typing: new Buckets(rates.typing, monotonic),
    joins: new Buckets(rates.joins, monotonic),
    logins: new Buckets(rates.logins, monotonic),
    loginsPerAddress: new Buckets(rates.loginsPerAddress, monotonic),
    registrations: new Buckets(rates.registrations, monotonic),
    requests: new Buckets(rates.requests, monotonic),
  };
}
