import { setTimeout as delay } from 'node:timers/promises';
import { errors, types, type Client, type Host } from 'cassandra-driver';
import type { CassandraOptions } from '../options.js';
import { connect } from './connect.js';
import { TABLES } from './table.js';
import { warningsOf } from './warnings.js';

/** A node may take this long to make a table, and the others to hear of it. */
const DDL_TIMEOUT_MS = 15_000;
const ATTEMPTS = 6;
const PAUSE_MS = 250;
const AGREEMENT_CHECKS = 40;
const DISAGREED = 'The Cassandra nodes do not agree on the schema yet: one of them may be down, or refuse writes for a while.';

/**
 * Makes the keyspace and the tables that are not there, and says what of the ring is not as it should be. Several
 * servers may do it at once.
 */
export async function migrate(options: CassandraOptions): Promise<string[]> {
  const { keyspace, replication } = options;
  // Names and maps cannot be parameters of a statement.
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(keyspace)) throw new Error(`"${keyspace}" cannot be the name of a Cassandra keyspace`);
  if (!/^\{[^{};]*\}$/.test(replication)) throw new Error(`the Cassandra replication is not a map: ${replication}`);

  const client = await connect(options);
  try {
    await make(
      client,
      ['SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', keyspace],
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`,
    );
    for (const [table, definition] of Object.entries(TABLES)) {
      await make(
        client,
        ['SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?', keyspace, table],
        `CREATE TABLE IF NOT EXISTS ${keyspace}.${table} ${definition}`,
      );
    }
    const warnings = await warningsOf(client, options);
    return (await agreed(client)) ? warnings : [...warnings, DISAGREED];
  } finally {
    await client.shutdown();
  }
}

/** What is there already is taken as it is, so a role without the right to make it will do. */
async function make(client: Client, [query, ...names]: [string, ...string[]], ddl: string): Promise<void> {
  let failure: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const host = leadOf(client);
    try {
      if ((await client.execute(query, names, { host })).rows.length > 0) return;
      await client.execute(ddl, [], { host, prepare: false, readTimeout: DDL_TIMEOUT_MS });
    } catch (error) {
      if (isFinal(error)) throw error;
      failure = error;
      await delay(PAUSE_MS * attempt);
    }
  }
  throw new Error(`Cassandra did not do it: ${ddl}`, { cause: failure });
}

/**
 * One node, and the same for every server: two nodes that make the same table at the same time give it two ids, and one
 * of the two loses what it was given under its own. A single node makes one after the other.
 */
function leadOf(client: Client): Host {
  const hosts = client.hosts.values();
  const up = hosts.filter((host) => host.isUp());
  const [lead] = (up.length > 0 ? up : hosts).sort((a, b) => (a.hostId.toString() < b.hostId.toString() ? -1 : 1));
  if (lead === undefined) throw new Error('Cassandra shows no node');
  return lead;
}

/** Waits until every node knows the tables, but not for ever: the schema of a node that is down counts as well. */
async function agreed(client: Client): Promise<boolean> {
  const metadata = client.metadata as unknown as SchemaVersions;
  for (let check = 1; check <= AGREEMENT_CHECKS; check += 1) {
    if (await metadata.checkSchemaAgreement()) return true;
    await delay(PAUSE_MS);
  }
  return false;
}

/** In the driver's manual, not in its types. */
interface SchemaVersions {
  checkSchemaAgreement(): Promise<boolean>;
}

/** What would fail again. */
function isFinal(error: unknown): boolean {
  const { syntaxError, unauthorized, invalid } = types.responseErrorCodes;
  return error instanceof errors.ResponseError && [syntaxError, unauthorized, invalid].includes(error.code);
}
