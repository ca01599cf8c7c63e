import type { Constants } from './constants.js';

export const MEASURED: Constants = {
  postgres: { account: 0, session: 0, conversation: 0, membership: 0, journal: 0, send: 0 },
  cassandra: { row: 0, contentBytes: 200 },
  redis: { directory: 0, standing: 0, page: 0 },
  cpu: { send: 0, hop: 0, delivery: 0, open: 0 },
  stores: { postgres: 0, cassandra: 0, redis: 0, poll: 0 },
  redisCommands: 0,
  connectionBytes: 0,
};
