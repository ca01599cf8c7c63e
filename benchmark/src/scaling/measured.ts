import type { Constants } from './constants.js';

/** `npm run bench -- constants` of 2026-11-24, as docs/scaling.md has it. */
export const MEASURED: Constants = {
  postgres: { account: 238, session: 277, conversation: 389, membership: 487, journal: 750, send: 435 },
  cassandra: { row: 267, contentBytes: 200 },
  redis: { directory: 168, standing: 168, page: 59_104 },
  cpu: { send: 169, hop: 41, delivery: 34, open: 1_160 },
  stores: { postgres: 270, cassandra: 386, redis: 9.4, poll: 0.58 },
  redisCommands: 0.68,
  connectionBytes: 24_900,
};
