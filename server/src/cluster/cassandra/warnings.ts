import type { Client, Host, types } from 'cassandra-driver';
import type { CassandraOptions } from '../options.js';

/** R19: what a write waits for at most until it is on the disk. */
const GROUP_WINDOW_MAX_MS = 5;

/** What of the ring puts messages at risk, one sentence each, as far as this role may see it. */
export async function warningsOf(client: Client, options: CassandraOptions): Promise<string[]> {
  const up = client.hosts.values().filter((host) => host.isUp());
  const syncs = await Promise.all(up.map((host) => syncWarning(client, host)));
  const replication = await replicationWarning(client, options);
  return [...syncs, replication].filter((warning) => warning !== null);
}

async function syncWarning(client: Client, host: Host): Promise<string | null> {
  const settings = await settingsOf(client, host);
  const sync = settings.get('commitlog_sync');
  if (sync === undefined || sync === 'batch') return null;
  const window = settings.get('commitlog_sync_group_window') ?? settings.get('commitlog_sync_group_window_in_ms');
  if (sync === 'group' && window !== undefined && Number.parseFloat(window) <= GROUP_WINDOW_MAX_MS) return null;
  const found = sync === 'group' ? `group with a window of ${window ?? 'unknown length'}` : sync;
  return (
    `Cassandra node ${host.address} has commitlog_sync ${found}: it acknowledges writes before they are on its disk. ` +
    `Set batch, or group with a window of at most ${GROUP_WINDOW_MAX_MS} ms.`
  );
}

/** Empty where the role may not read them, or the node has no such table. */
async function settingsOf(client: Client, host: Host): Promise<Map<string, string>> {
  try {
    const { rows } = await client.execute('SELECT name, value FROM system_views.settings', [], { host });
    return new Map(rows.map((row) => [row['name'] as string, row['value'] as string]));
  } catch {
    return new Map();
  }
}

async function replicationWarning(client: Client, { keyspace, dataCenter }: CassandraOptions): Promise<string | null> {
  const query = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
  const copies = copiesIn(dataCenter, (await client.execute(query, [keyspace])).first());
  if (copies > 1) return null;
  return (
    `Cassandra keyspace ${keyspace} has ${copies} ${copies === 1 ? 'copy' : 'copies'} in ${dataCenter}: ` +
    'a disk that dies takes messages with it. Three are advised.'
  );
}

function copiesIn(dataCenter: string, row: types.Row): number {
  const replication = row['replication'] as Record<string, string>;
  return Number(replication['replication_factor'] ?? replication[dataCenter] ?? 0);
}
