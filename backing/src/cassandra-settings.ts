import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CassandraNode {
  folder: string;
  host: string;
  /** For clients. */
  port: number;
  /** For the nodes among each other; the same on all. */
  storagePort: number;
  clusterName: string;
  /** `host:storagePort` of those who are asked for the others, with commas between. */
  seeds: string;
  /** Its place in the ring. */
  token: string;
  /** More settings of the node, over ours, as cassandra.yaml has them. */
  settings?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes what Cassandra reads at its start. */
export function writeCassandraSettings(node: CassandraNode): { yaml: string; logback: string } {
  const folder = join(node.folder, 'conf');
  mkdirSync(folder, { recursive: true });
  const yaml = join(folder, 'cassandra.yaml');
  const logback = join(folder, 'logback.xml');
  writeFileSync(yaml, JSON.stringify(settingsOf(node), null, 2)); // JSON is YAML
  writeFileSync(logback, LOGBACK);
  return { yaml, logback };
}

function settingsOf({ folder, host, port, storagePort, clusterName, seeds, token, settings }: CassandraNode): object {
  return {
    cluster_name: clusterName,
    num_tokens: 1,
    initial_token: token,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds }] }],
    listen_address: host,
    storage_port: storagePort,
    rpc_address: host,
    native_transport_port: port,
    // A new ring is empty: there is nothing to fetch before joining.
    auto_bootstrap: false,
    // Who wants all nodes waits for a write that reaches them.
    block_for_peers_timeout_in_secs: 0,
    // A write is answered when it is on the disk; those that wait for the same sync share it.
    commitlog_sync: 'batch',
    commitlog_total_space: '256MiB',
    // Tests drop their keyspaces, and nobody wants the copies.
    auto_snapshot: false,
    data_file_directories: [join(folder, 'data')],
    commitlog_directory: join(folder, 'commitlog'),
    saved_caches_directory: join(folder, 'saved_caches'),
    hints_directory: join(folder, 'hints'),
    cdc_raw_directory: join(folder, 'cdc_raw'),
    // A disk that fails must end the node, not leave it up and wrong.
    disk_failure_policy: 'die',
    commit_failure_policy: 'die',
    ...settings,
  };
}

const LOGBACK = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date{ISO8601} %-5level %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT" /></root>
</configuration>
`;
