import { join } from 'node:path';
import { types } from 'cassandra-driver';
import { cassandraAnswers, withCassandra } from './answers.js';
import { cassandraFacts, cassandraRecipe, LOWEST_TOKEN, type Cassandra } from './cassandra.js';
import { Node } from './node.js';
import { freePort } from './port.js';
import { serviceOf, type Place } from './service.js';
import { until } from './until.js';

/** All of 127.0.0.0/8 is this machine on Linux; on macOS the second and third have to be added to lo0 first. */
export const RING_HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const CLUSTER_NAME = 'parley-ring';
const WHOLE_MAX_MS = 60_000;

/**
 * Starts a ring of three nodes, one after another, because two must not join at once. Resolves when a write reaches all
 * three. A killed node stays a member: give each run a folder of its own.
 */
export async function startCassandraRing({ folder, lifetime = 'owner' }: Place): Promise<Cassandra> {
  const port = await freePort(RING_HOSTS);
  const storagePort = await freePort(RING_HOSTS);
  const share = 2n ** 64n / BigInt(RING_HOSTS.length);
  const nodes: Node[] = [];
  const contactPoints = RING_HOSTS.map((host) => `${host}:${port}`).join(',');
  const ready = () =>
    until({ what: 'a write reaches all nodes of the ring', withinMs: WHOLE_MAX_MS }, () => writeToAll(contactPoints));
  try {
    for (const [index, host] of RING_HOSTS.entries()) {
      const at = {
        folder: join(folder, `node-${index + 1}`),
        host,
        port,
        storagePort,
        clusterName: CLUSTER_NAME,
        // All of them: each can start again while any other is dead.
        seeds: RING_HOSTS.map((each) => `${each}:${storagePort}`).join(','),
        token: String(LOWEST_TOKEN + BigInt(index) * share),
      };
      nodes.push(await Node.start(await cassandraRecipe(at, lifetime)));
    }
    await ready();
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')));
    throw error;
  }
  return serviceOf(cassandraFacts(contactPoints), nodes, ready);
}

async function writeToAll(contactPoints: string): Promise<void> {
  const address = { ...cassandraFacts(contactPoints) };
  for (const contactPoint of contactPoints.split(','))
    await cassandraAnswers({ contactPoints: contactPoint, dataCenter: address.dataCenter });
  await withCassandra(address, async (client) => {
    const replication = `{'class': 'SimpleStrategy', 'replication_factor': ${RING_HOSTS.length}}`;
    await client.execute(`CREATE KEYSPACE IF NOT EXISTS parley_ring WITH replication = ${replication}`);
    await client.execute('CREATE TABLE IF NOT EXISTS parley_ring.whole (id int PRIMARY KEY, at timestamp)');
    const insert = 'INSERT INTO parley_ring.whole (id, at) VALUES (1, toTimestamp(now()))';
    await client.execute(insert, [], { consistency: types.consistencies.all });
  });
}
