import { redisAnswers } from './answers.js';
import { Node, type Recipe } from './node.js';
import { freePort } from './port.js';
import { needProgram, type Program } from './programs.js';
import { serviceOf, type Place, type Service } from './service.js';

export interface RedisOptions extends Place {
  /** By default one that is free. */
  port?: number;
  /** More settings of the server, over ours. */
  settings?: Readonly<Record<string, string>>;
}

export interface RedisServer extends Service {
  /** `redis://host:port` */
  readonly url: string;
  readonly port: number;
}

export const REDIS: Program = { name: 'redis-server', package: 'redis-server' };

const HOST = '127.0.0.1';
const START_MAX_MS = 30_000;

/** As in production: a queue must not lose jobs to eviction, and a crash loses at most a second. */
const SETTINGS = {
  bind: HOST,
  appendonly: 'yes',
  appendfsync: 'everysec',
  // The append-only file is enough; snapshots beside it only cost.
  save: '',
  'maxmemory-policy': 'noeviction',
};

/** Starts one Redis. Resolves when it has loaded its data and answers. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const url = `redis://${HOST}:${port}`;
  const node = await Node.start(await redisRecipe({ ...options, port }));
  return serviceOf({ env: { REDIS_URL: url }, url, port }, [node]);
}

/** One `redis-server`, alone or as a node of a cluster. */
export async function redisRecipe(options: RedisOptions & { port: number }): Promise<Recipe> {
  const { folder, lifetime = 'owner', port } = options;
  const settings = { ...SETTINGS, port: String(port), dir: folder, ...options.settings };
  return {
    name: `Redis on port ${port}`,
    folder,
    program: await needProgram(REDIS),
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    lifetime,
    stopSignal: 'SIGTERM',
    endSignal: 'SIGKILL',
    listens: [{ host: HOST, port }],
    answers: () => redisAnswers(`redis://${HOST}:${port}`),
    withinMs: START_MAX_MS,
  };
}
