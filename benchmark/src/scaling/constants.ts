/** What one of each costs, as `npm run bench -- constants` measures it. */
export interface Constants {
  /** Bytes on disk for each row, with its indexes. */
  postgres: { account: number; session: number; conversation: number; membership: number; journal: number; send: number };
  /** Bytes on disk of one replica of a message of `contentBytes`. */
  cassandra: { row: number; contentBytes: number };
  /** Bytes in memory for each key. */
  redis: { directory: number; standing: number; page: number };
  /** Of our processes for each message, at saturation: its sender's server, a server that hands it on, one more receiver there. */
  cpu: { send: number; hop: number; delivery: number; open: number };
  /**
   * CPU of the stores for each message, in µs; and of PostgreSQL for each entry that it looks at when a server asks what
   * others appended.
   */
  stores: { postgres: number; cassandra: number; redis: number; poll: number };
  /** Redis commands for each direct message, at saturation. */
  redisCommands: number;
  /** Memory of a chat process for each connection, in bytes. */
  connectionBytes: number;
}
