import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { CassandraArchive } from './archive.js';
import type { CassandraOptions } from '../options.js';
import { connect } from './connect.js';
import { migrate } from './migrate.js';
import type { Entry } from '../../ports/log.js';

/** A keyspace of its own, with a name that no other run has. */
export function temporaryOptions(contactPoints: string): CassandraOptions {
  return {
    contactPoints: contactPoints.split(','),
    dataCenter: process.env['CASSANDRA_DATA_CENTER'] ?? 'datacenter1',
    keyspace: `parley_test_${randomBytes(6).toString('hex')}`,
    replication: "{'class': 'SimpleStrategy', 'replication_factor': 1}",
    consistency: 'LOCAL_QUORUM',
    login: null,
    ca: null,
  };
}

/** Tests on the ring at CASSANDRA_CONTACT_POINTS. Without one they are skipped, which CI takes for a failure. */
export function onCassandra(name: string, tests: (ring: Ring) => void): void {
  const contactPoints = process.env['CASSANDRA_CONTACT_POINTS'] ?? inject('cassandra')?.contactPoints ?? '';
  if (contactPoints === '') {
    if (process.env['CI'] !== undefined) throw new Error('CASSANDRA_CONTACT_POINTS is not set, and in CI nothing is skipped');
    process.stdout.write(`skipped, for CASSANDRA_CONTACT_POINTS is not set: ${name}\n`);
  }
  describe.skipIf(contactPoints === '')(`${name}`, () => {
    tests(new Ring(contactPoints));
  });
}

/** The ring under test, and what the tests of one file have in it. */
export class Ring {
  readonly options: CassandraOptions;
  readonly #open: CassandraArchive[] = [];

  constructor(contactPoints: string) {
    this.options = temporaryOptions(contactPoints);
    beforeAll(() => migrate(this.options), 60_000);
    afterAll(async () => {
      for (const archive of this.#open) await archive.close();
      await dropKeyspace(this.options);
    }, 60_000);
  }

  /** Its client too, for tests that look at what it does. Closed after the tests. */
  async archive(options = this.options) {
    const client = await connect(options, options.keyspace);
    const archive = new CassandraArchive(client);
    this.#open.push(archive);
    return { archive, client };
  }
}

export async function dropKeyspace(options: CassandraOptions): Promise<void> {
  const client = await connect(options);
  await client.execute(`DROP KEYSPACE IF EXISTS ${options.keyspace}`, [], { prepare: false, readTimeout: 30_000 });
  await client.shutdown();
}

let made = 0;

/** A conversation that no other test has. */
export const conversation = () => `conversation ${(made += 1)} ${randomBytes(4).toString('hex')}`;

const START = Date.parse('2026-03-01T12:00:00Z');

/** A message with what the test does not care about. */
export function message(conversationId: string, seq: number, more: Partial<Entry> = {}): Entry {
  return {
    conversationId,
    seq,
    ordinal: seq,
    messageId: `0195-${seq}`,
    kind: 'message',
    senderId: 'ann',
    createdAt: START + seq,
    content: `message ${seq}`,
    detail: null,
    clientId: `client-${seq}`,
    editedAt: null,
    deletedAt: null,
    ...more,
  };
}

/** A message, and the entries that edit or delete it, each at the seq given. */
export const editOf = (target: Entry, seq: number, content: string, createdAt = START + seq): Entry =>
  message(target.conversationId, seq, { kind: 'edit', content, createdAt, clientId: null, detail: targeting(target) });

export const deletionOf = (target: Entry, seq: number, createdAt = START + seq): Entry =>
  message(target.conversationId, seq, { kind: 'delete', content: '', createdAt, clientId: null, detail: targeting(target) });

const targeting = ({ seq, messageId }: Entry) => ({ target: { seq, messageId } });

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
