import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisAnswers, withRedis } from './answers.js';
import { Node } from './node.js';
import { freePort } from './port.js';
import { needProgram } from './programs.js';
import { REDIS, redisRecipe } from './redis.js';
import { serviceOf, type Place, type Service } from './service.js';
import { until } from './until.js';

export interface RedisSentinel extends Service {
  /** The one that is the primary at first. */
  readonly primary: Node;
  /** `redis://host:port` of its replica. */
  readonly replicaUrl: string;
  /** `redis://host:port` of whom the Sentinel calls primary now. */
  currentUrl(): Promise<string>;
}

const HOST = '127.0.0.1';
const MASTER = 'mymaster';
const READY_MAX_MS = 30_000;
const START_MAX_MS = 30_000;
/** Sentinel's own 30 s are for networks; here a dead primary is found sooner. */
const DOWN_AFTER_MS = 1_000;
const FAILOVER_MAX_MS = 5_000;

/** Starts a primary, a replica and a Sentinel that makes the replica primary. Resolves when the Sentinel knows both. */
export async function startRedisSentinel({ folder, lifetime = 'owner' }: Place): Promise<RedisSentinel> {
  const [primaryPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()];
  const redis = (name: string, port: number, settings: Record<string, string>) =>
    redisRecipe({ folder: join(folder, name), lifetime, port, settings });
  const sentinelFolder = join(folder, 'sentinel');
  const conf = writeSentinelSettings(sentinelFolder, sentinelPort, primaryPort);
  const urlOf = (port: number) => `redis://${HOST}:${port}`;
  const nodes = await Node.startAll([
    await redis('primary', primaryPort, { 'repl-diskless-sync-delay': '0' }),
    {
      ...(await redis('replica', replicaPort, { replicaof: `${HOST} ${primaryPort}` })),
      // The Sentinel looks every ten seconds: it had better find a replica that follows.
      answers: () => follows(urlOf(replicaPort)),
    },
    {
      name: `Sentinel on port ${sentinelPort}`,
      folder: sentinelFolder,
      program: await needProgram(REDIS),
      args: [conf, '--sentinel'],
      lifetime,
      stopSignal: 'SIGTERM',
      endSignal: 'SIGKILL',
      listens: [{ host: HOST, port: sentinelPort }],
      before: () => until({ what: 'there is a replica', withinMs: READY_MAX_MS }, () => follows(urlOf(replicaPort))),
      answers: () => redisAnswers(urlOf(sentinelPort)),
      withinMs: START_MAX_MS,
    },
  ]);
  const ask = (...words: [string, ...string[]]) => withRedis(urlOf(sentinelPort), (client) => client.call(...words));
  const ready = () =>
    until({ what: 'the Sentinel knows a replica that follows', withinMs: READY_MAX_MS }, async () => {
      const replicas = JSON.stringify(await ask('SENTINEL', 'REPLICAS', MASTER));
      if (!/"master-link-status","ok"/.test(replicas)) throw new Error(replicas);
    });
  try {
    await ready();
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill('SIGKILL')));
    throw error;
  }
  const facts = {
    env: { REDIS_SENTINELS: `${HOST}:${sentinelPort}`, REDIS_SENTINEL_MASTER: MASTER },
    replicaUrl: urlOf(replicaPort),
    primary: nodes[0] as Node,
    currentUrl: async () => {
      const [host, port] = (await ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER)) as [string, string];
      return `redis://${host}:${port}`;
    },
  };
  return serviceOf(facts, nodes, ready);
}

async function follows(url: string): Promise<void> {
  const info = await withRedis(url, (client) => client.info('replication'));
  if (!info.includes('master_link_status:up')) throw new Error(info);
}

/** Sentinel keeps in this file what it learns. */
function writeSentinelSettings(folder: string, port: number, primaryPort: number): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `bind ${HOST}`,
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor ${MASTER} ${HOST} ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} ${FAILOVER_MAX_MS}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
