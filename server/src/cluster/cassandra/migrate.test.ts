import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Metrics } from '../../host/metrics.js';
import { openCassandraArchive } from './archive.js';
import { connect, type CassandraSettings } from './connect.js';
import { migrate } from './migrate.js';
import { dropKeyspace, message, onCassandra, temporarySettings } from './temporary.contract.js';

onCassandra('bringing Cassandra up to date', (ring) => {
  const made: CassandraSettings[] = [];
  const fresh = () => {
    const settings = temporarySettings(ring.settings.contactPoints);
    made.push(settings);
    return settings;
  };
  afterAll(async () => {
    for (const settings of made) await dropKeyspace(settings);
  }, 60_000);

  it('is safe for several servers at once, and again', { timeout: 60_000 }, async () => {
    const settings = fresh();
    const archives = await Promise.all(Array.from({ length: 5 }, () => openCassandraArchive(settings, new Metrics(), () => {})));
    const entries = archives.map((_, i) => message('c', i + 1));
    await Promise.all(archives.map((archive, i) => archive.write(entries.slice(i, i + 1))));
    for (const archive of archives) {
      expect(await archive.read({ conversationId: 'c', from: 1, to: 9, limit: 9, newestFirst: false })).toEqual(entries);
      await archive.close();
    }
    await migrate(settings);
  });

  it('R19 takes a keyspace that is there as it is, and warns of a single copy', { timeout: 60_000 }, async () => {
    const settings = fresh();
    const client = await connect(settings);
    const { localDataCenter } = settings;
    const replication = `{'class': 'NetworkTopologyStrategy', '${localDataCenter}': 1}`;
    const ddl = `CREATE KEYSPACE ${settings.keyspace} WITH replication = ${replication} AND durable_writes = true`;
    await client.execute(ddl, [], { prepare: false, readTimeout: 30_000 });
    const warnings = await migrate(settings);
    expect(warnings).toContainEqual(expect.stringContaining(`${settings.keyspace} has 1 copy in ${localDataCenter}`));
    const found = await client.execute('SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?', [
      settings.keyspace,
    ]);
    expect(found.first()['replication']).toMatchObject({ [localDataCenter]: '1' });
    await client.shutdown();
  });

  it('refuses what is no name and no map', async () => {
    await expect(migrate({ ...ring.settings, keyspace: 'a; DROP' })).rejects.toThrow('"a; DROP"');
    await expect(migrate({ ...ring.settings, replication: '1' })).rejects.toThrow('not a map: 1');
  });

  it('says so where there is no such data center', async () => {
    await expect(connect({ ...ring.settings, localDataCenter: 'elsewhere' })).rejects.toThrow(/elsewhere/);
  });
});

describe('a ring that cannot be reached', () => {
  const settings = { ...temporarySettings('127.0.0.1:1, 127.0.0.1:2'), username: 'parley', password: 'hunter2' };

  it('is named by its contact points, without the password', async () => {
    const failure: unknown = await connect(settings).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining('127.0.0.1:1, 127.0.0.1:2: connect ECONNREFUSED') as string,
    });
    expect(inspect(failure, { depth: 20, showHidden: true })).not.toContain('hunter2');
  });

  it('needs contact points', async () => {
    await expect(connect({ ...settings, contactPoints: ' , ' })).rejects.toThrow('no contact points');
  });
});
