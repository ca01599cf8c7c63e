import { join } from 'node:path';
import { redisClusterAnswers, withRedis } from './answers.js';
import { Node } from './node.js';
import { freePort } from './port.js';
import { redisRecipe } from './redis.js';
import { serviceOf, type Place, type Service } from './service.js';
import { until } from './until.js';

export interface RedisClusterOptions extends Place {
  /** Of the three masters. By default some that are free. */
  ports?: readonly number[];
  /** On which they talk to each other. By default some that are free. */
  busPorts?: readonly number[];
}

export interface RedisCluster extends Service {
  /** `host:port` of each master, with commas between. */
  readonly addresses: string;
  readonly ports: readonly number[];
}

export const REDIS_CLUSTER_MASTERS = 3;
const SLOTS = 16_384;
const HOST = '127.0.0.1';
const WHOLE_MAX_MS = 30_000;
/** Redis's own 15 s are for networks; here a dead node is found sooner. */
const NODE_TIMEOUT_MS = 3_000;

/** Starts a real cluster of three masters. Resolves when each says that the cluster is whole. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { folder, lifetime = 'owner' } = options;
  const masters = await places(options);
  const recipes = masters.map(({ port, busPort }, index) =>
    redisRecipe({
      folder: join(folder, `node-${index + 1}`),
      lifetime,
      port,
      settings: {
        'cluster-enabled': 'yes',
        'cluster-port': String(busPort),
        'cluster-announce-ip': HOST,
        'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      },
    }),
  );
  const nodes = await Node.startAll(await Promise.all(recipes));
  const ports = masters.map(({ port }) => port);
  const addresses = ports.map((port) => `${HOST}:${port}`).join(',');
  const ready = () =>
    until({ what: `the Redis Cluster ${addresses} is whole`, withinMs: WHOLE_MAX_MS }, () => redisClusterAnswers(addresses));
  try {
    await formCluster(masters);
    await ready();
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')));
    throw error;
  }
  return serviceOf({ env: { REDIS_CLUSTER: addresses }, addresses, ports }, nodes, ready);
}

interface Master {
  port: number;
  busPort: number;
}

async function places({ ports, busPorts }: RedisClusterOptions): Promise<Master[]> {
  const masters: Master[] = [];
  for (let i = 0; i < REDIS_CLUSTER_MASTERS; i++)
    masters.push({ port: ports?.[i] ?? (await freePort()), busPort: busPorts?.[i] ?? (await freePort()) });
  return masters;
}

/** Does what is still to do: nothing after a restart, the rest after a crash in the middle. */
async function formCluster(masters: readonly Master[]): Promise<void> {
  const [first] = masters;
  for (const [index, { port }] of masters.entries())
    await withRedis(`redis://${HOST}:${port}`, async (redis) => {
      if (/cluster_known_nodes:1\b/.test(String(await redis.call('CLUSTER', 'INFO')))) {
        const [from, to] = slotsOf(index);
        // Each its own number, or they have to quarrel about it when they meet. Refused if it has one.
        await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)).catch(() => {});
        // Refused if it has them.
        await redis.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)).catch(() => {});
      }
      if (index > 0) await redis.call('CLUSTER', 'MEET', HOST, String(first?.port), String(first?.busPort));
    });
}

function slotsOf(index: number): [from: number, to: number] {
  const share = SLOTS / REDIS_CLUSTER_MASTERS;
  return [Math.ceil(index * share), Math.ceil((index + 1) * share) - 1];
}
