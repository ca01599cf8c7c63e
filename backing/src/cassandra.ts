import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cassandraAnswers, type CassandraLogin } from './answers.js';
import { cassandraJars } from './cassandra-jars.js';
import { writeCassandraSettings, type CassandraNode } from './cassandra-settings.js';
import type { Lifetime } from './daemon.js';
import { needJava } from './java.js';
import { Node, type Recipe } from './node.js';
import { freePort } from './port.js';
import { serviceOf, type Place, type Service } from './service.js';

export interface CassandraOptions extends Place {
  /** An address of this machine. */
  host?: string;
  /** For clients. By default one that is free. */
  port?: number;
  /** For other nodes. By default one that is free. */
  storagePort?: number;
  /** More settings of the server, over ours, as cassandra.yaml has them. */
  settings?: Readonly<Record<string, unknown>>;
  /** How it is asked whether it answers, if these settings demand it. */
  login?: CassandraLogin;
}

export interface Cassandra extends Service {
  /** `host:port`, with commas between if there are several. */
  readonly contactPoints: string;
  readonly dataCenter: string;
}

/** The name that SimpleSnitch gives. */
export const DATA_CENTER = 'datacenter1';
export const LOWEST_TOKEN = -(2n ** 63n);
const START_MAX_MS = 120_000;
const CLUSTER_NAME = 'parley';

/** Starts one Cassandra. Resolves when it answers a query. */
export async function startCassandra(options: CassandraOptions): Promise<Cassandra> {
  const { folder, lifetime = 'owner', host = '127.0.0.1' } = options;
  const port = options.port ?? (await freePort([host]));
  const storagePort = options.storagePort ?? (await freePort([host]));
  const seeds = `${host}:${storagePort}`;
  const token = String(LOWEST_TOKEN);
  const at = { folder, host, port, storagePort, clusterName: CLUSTER_NAME, seeds, token, settings: options.settings };
  const node = await Node.start(await cassandraRecipe(at, lifetime, options.login));
  return serviceOf(cassandraFacts(`${host}:${port}`), [node]);
}

export function cassandraFacts(contactPoints: string) {
  const env = { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_DATA_CENTER: DATA_CENTER };
  return { env, contactPoints, dataCenter: DATA_CENTER };
}

/** One node, alone or in a ring. */
export async function cassandraRecipe(node: CassandraNode, lifetime: Lifetime, login?: CassandraLogin): Promise<Recipe> {
  const { folder, host, port, storagePort } = node;
  const [program, jars] = [await needJava(), await cassandraJars()];
  const { yaml, logback } = writeCassandraSettings(node);
  return {
    name: `Cassandra on ${host}:${port}`,
    folder,
    program,
    args: [
      `-javaagent:${join(jars, 'jamm-0.4.0.jar')}`,
      `-Dcassandra.config=${pathToFileURL(yaml).href}`,
      `-Dlogback.configurationFile=${pathToFileURL(logback).href}`,
      `-Dcassandra.storagedir=${folder}`,
      ...JVM_FLAGS,
      '-cp',
      join(jars, '*'),
      'org.apache.cassandra.service.CassandraDaemon',
    ],
    lifetime,
    stopSignal: 'SIGTERM',
    endSignal: 'SIGKILL',
    listens: [
      { host, port },
      { host, port: storagePort },
    ],
    answers: () => cassandraAnswers({ contactPoints: `${host}:${port}`, dataCenter: DATA_CENTER, ...login }),
    withinMs: START_MAX_MS,
  };
}

const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
];
const OPENS = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'java.base/sun.nio.ch',
  'java.base/java.nio',
  'java.base/java.io',
  'java.base/java.util',
  'java.base/java.lang',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/java.net',
];

const JVM_FLAGS = [
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Dcassandra-foreground=yes',
  // Few nodes, on one machine: they need not wait for news of each other to spread.
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.ring_delay_ms=100',
  '-Dcassandra.shutdown_announce_in_ms=200',
  // The first user is there at once, where users are demanded.
  '-Dcassandra.superuser_setup_delay_ms=0',
  '-Djdk.attach.allowAttachSelf=true',
  ...EXPORTS.flatMap((name) => ['--add-exports', `${name}=ALL-UNNAMED`]),
  ...OPENS.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
];
