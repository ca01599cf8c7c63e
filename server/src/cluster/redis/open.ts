import type { Meter } from '../../ports/meter.js';
import type { Runtime } from '../../ports/runtime.js';
import type { RedisOptions } from '../options.js';
import type { openClient } from '../redis-client.js';
import { Channels } from './channels.js';
import { RedisConnections } from './connect.js';
import { Epoch } from './epoch.js';
import { ExistenceFilter } from './existence-filter.js';
import { RedisFleet } from './fleet.js';
import { redisWarnings } from './health.js';
import { Keys } from './keys.js';
import { Lease } from './lease.js';
import { PageCache } from './page-cache.js';
import { RedisPresenceBoard } from './presence-board.js';
import { Registry } from './registry.js';
import { RedisRelay } from './relay.js';
import { Servers } from './servers.js';
import { SessionCache } from './session-cache.js';
import { SharedBuckets } from './shared-buckets.js';
import { TakeOver } from './take-over.js';

/** Of up to 32 KiB each. What is cut is healed from the log. */
const STREAM_MAX_ENTRIES = 20_000;
const LEFT_KEPT_MS = 60_000;

export interface RedisNodeOptions {
  redis: RedisOptions;
  /** The name of this server; a boot of it gets an id of its own. Letters, digits, dots, hyphens, underscores. */
  nodeId: string;
  /** Whether chat connections come here. */
  hears: boolean;
  runtime: Runtime;
  meter: Meter;
  /** Of this server's stream and those it writes to. Default 20,000. */
  streamMaxEntries?: number;
  /** Expected users, for the size of the existence filter. */
  existenceExpectedUsers?: number;
  /** How a client is made; by default a real one. */
  openClient?: typeof openClient;
  /**
   * Another server has taken over what this boot had: close all connections with jitter, `close` this, and open another.
   * From here on this boot reads and writes nothing of its own.
   */
  onLost: () => void;
  onError: (error: unknown) => void;
}

/** What one server has of Redis, under one boot id. */
export interface RedisNode {
  readonly boot: string;
  readonly relay: RedisRelay;
  readonly board: RedisPresenceBoard;
  readonly limits: SharedBuckets;
  readonly fleet: RedisFleet;
  readonly pages: PageCache;
  readonly sessions: SessionCache;
  readonly existence: ExistenceFilter;
  readonly lease: Lease;
  /** Whether there is a connection now. */
  isUp(): boolean;
  /** Resolves if Redis answers. */
  check(): Promise<void>;
  /** What an operator should know of this Redis. */
  warnings(): Promise<string[]>;
  /** Call after `relay.listen` and `board.listen`. Also without Redis it resolves, soon; then it goes on trying. */
  start(): Promise<void>;
  /** Once all connections of people are closed: leaves, and hands on what was still on its way here. */
  close(): Promise<void>;
  /** Ends at once, as a killed process does: for tests. */
  abandon(): void;
}

export function openRedisNode(options: RedisNodeOptions): RedisNode {
  const { redis, nodeId, hears, runtime, meter, onError, onLost } = options;
  const connections = new RedisConnections(redis, runtime, onError, () => meter.count('redis_commands'), options.openClient);
  const keys = new Keys(connections.prefix);
  const boot = `${nodeId}.${runtime.id().replaceAll('-', '').slice(-16)}`;
  const registry = new Registry(connections.shared, keys);
  const servers = new Servers(registry, boot, runtime);
  const epoch = new Epoch(connections.shared, keys, () => runtime.id());
  const lease = new Lease({ connections, registry, epoch, runtime, boot, hears, onError });
  // First of all who hear of a renewal: the others look at it.
  lease.listen({ renewed: (roll) => servers.update(roll), lost: onLost });
  const channels = new Channels({ connections, runtime, onError });
  const streamMaxEntries = options.streamMaxEntries ?? STREAM_MAX_ENTRIES;
  const common = { connections, channels, keys, registry, servers, lease, runtime, meter, streamMaxEntries, onError };
  const relay = new RedisRelay(common);
  const board = new RedisPresenceBoard(common);
  const takeOver = new TakeOver({ ...common, inherit: (hint) => relay.inherit(hint) });

  const leave = async () => {
    takeOver.stop();
    await Promise.all([relay.stop(), board.stop()]);
    const isHeld = lease.isHeld();
    lease.stop();
    if (!isHeld) return;
    await registry.leave(boot, LEFT_KEPT_MS);
    relay.ended();
    while (!(await takeOver.drainSome(boot)));
  };

  return {
    boot,
    relay,
    board,
    lease,
    limits: new SharedBuckets(common),
    fleet: new RedisFleet({ ...common, boot }),
    sessions: new SessionCache(common),
    pages: new PageCache(common),
    existence: new ExistenceFilter({ ...common, expectedUsers: options.existenceExpectedUsers ?? 1_000_000 }),
    isUp: () => connections.isUp,
    check: async () => void (await connections.shared.ping()),
    warnings: () => redisWarnings(connections.shared),
    async start() {
      takeOver.start();
      board.start();
      await lease.start();
      await relay.start();
    },
    async close() {
      // Without Redis there is nothing to leave: its lease ends.
      await leave().catch(onError);
      lease.stop();
      channels.stop();
      connections.close();
    },
    abandon() {
      lease.stop();
      takeOver.stop();
      channels.stop();
      relay.abandon();
      board.abandon();
      connections.close();
    },
  };
}
