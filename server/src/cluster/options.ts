/** Where the services of the cluster profile are, and how they are spoken to. */
export interface ClusterOptions {
  /** Tells this server from others in logs and metrics; each start adds a part of its own. */
  nodeId: string;
  postgres: PostgresOptions;
  cassandra: CassandraOptions;
  redis: RedisOptions;
}

export interface PostgresOptions {
  /** With user and password; `?sslmode=` and its like for TLS. */
  url: string;
  /** Connections that append, each with one call under way. */
  lanes: number;
  /** Connections for everything else. */
  connections: number;
  /** A part of the journal is dropped when it is that old, and archived. */
  journalKeptMs: number;
}

export interface CassandraOptions {
  /**
   * `host` or `host:port`, one at least. One that answers is enough: the rest of the ring is found through it. All nodes
   * listen at the same port.
   */
  contactPoints: readonly string[];
  dataCenter: string;
  keyspace: string;
  /** As CQL has it; used only if the keyspace is not there yet. */
  replication: string;
  /** Below LOCAL_QUORUM, what was written may not be read yet (R19). */
  consistency: Consistency;
  login: { user: string; password: string } | null;
  /**
   * A PEM file: the authority that signed the nodes' certificates, which must be good for their IP addresses: that is what
   * the driver dials. Null: no TLS.
   */
  ca: string | null;
}
export type Consistency = 'ONE' | 'QUORUM' | 'LOCAL_QUORUM' | 'LOCAL_ONE';

export interface RedisOptions {
  at:
    | { kind: 'single'; url: string }
    | { kind: 'cluster'; nodes: readonly string[] }
    /** `password`: what the Sentinels themselves ask for. */
    | { kind: 'sentinel'; sentinels: readonly string[]; master: string; password: string | null };
  user: string | null;
  password: string | null;
  /** `ca`: the authority that signed the servers' certificates, in PEM; null: those that the system trusts. */
  tls: { ca: Buffer | null } | null;
  /** Before every key and channel. */
  prefix: string;
}
