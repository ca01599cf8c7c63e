import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Metrics } from '../../host/metrics.js';
import { openCassandraArchive } from './archive.js';
import type { CassandraOptions } from '../options.js';
import { connect } from './connect.js';
import { migrate } from './migrate.js';
import { dropKeyspace, message, onCassandra, temporaryOptions } from './temporary.contract.js';

onCassandra('bringing Cassandra up to date', (ring) => {
  const made: CassandraOptions[] = [];
  const fresh = () => {
    const options = temporaryOptions(ring.options.contactPoints.join(','));
    made.push(options);
    return options;
  };
  afterAll(async () => {
    for (const options of made) await dropKeyspace(options);
  }, 60_000);

  it('is safe for several servers at once, and again', { timeout: 60_000 }, async () => {
    const options = fresh();
    const archives = await Promise.all(Array.from({ length: 5 }, () => openCassandraArchive(options, new Metrics(), () => {})));
    const entries = archives.map((_, i) => message('c', i + 1));
    await Promise.all(archives.map((archive, i) => archive.write(entries.slice(i, i + 1))));
    for (const archive of archives) {
      expect(await archive.read({ conversationId: 'c', from: 1, to: 9, limit: 9, newestFirst: false })).toEqual(entries);
      await archive.close();
    }
    await migrate(options);
  });

  it('R19 takes a keyspace that is there as it is, and warns of a single copy', { timeout: 60_000 }, async () => {
    const options = fresh();
    const client = await connect(options);
    const { dataCenter } = options;
    const replication = `{'class': 'NetworkTopologyStrategy', '${dataCenter}': 1}`;
    const ddl = `CREATE KEYSPACE ${options.keyspace} WITH replication = ${replication} AND durable_writes = true`;
    await client.execute(ddl, [], { prepare: false, readTimeout: 30_000 });
    const warnings = await migrate(options);
    expect(warnings).toContainEqual(expect.stringContaining(`${options.keyspace} has 1 copy in ${dataCenter}`));
    const found = await client.execute('SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?', [
      options.keyspace,
    ]);
    expect(found.first()['replication']).toMatchObject({ [dataCenter]: '1' });
    await client.shutdown();
  });

  it('refuses what is no name and no map', async () => {
    await expect(migrate({ ...ring.options, keyspace: 'a; DROP' })).rejects.toThrow('"a; DROP"');
    await expect(migrate({ ...ring.options, replication: '1' })).rejects.toThrow('not a map: 1');
  });

  it('says so where there is no such data center', async () => {
    await expect(connect({ ...ring.options, dataCenter: 'elsewhere' })).rejects.toThrow(/elsewhere/);
  });
});

describe('a ring that cannot be reached', () => {
  const options = { ...temporaryOptions('127.0.0.1:1,127.0.0.1:2'), login: { user: 'parley', password: 'hunter2' } };

  it('is named by its contact points, without the password', async () => {
    const failure: unknown = await connect(options).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining('127.0.0.1:1, 127.0.0.1:2: connect ECONNREFUSED') as string,
    });
    expect(inspect(failure, { depth: 20, showHidden: true })).not.toContain('hunter2');
  });

  it('needs contact points', async () => {
    await expect(connect({ ...options, contactPoints: [] })).rejects.toThrow('no contact points');
  });
});
