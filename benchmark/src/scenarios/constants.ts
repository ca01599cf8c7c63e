import { join } from 'node:path';
import { Client } from 'pg';
import type { Figure, Findings } from '../findings.js';
import type { Pace, Stream } from '../generator/plan.js';
import type { Lab } from '../lab.js';
import { cpuBetween, cpuOf, memoryOf } from '../measure/process-usage.js';
import { cassandraRowBytes, postgresRowBytes, redisKeyBytes } from '../measure/sizes.js';
import { ClusterMeter, cpuOfOurs, totalOf } from '../runner/cluster-meter.js';
import { Generator } from '../runner/generator.js';
import { HistoryReader } from '../runner/history-reader.js';
import { measureClusterLoad, type MeasuredClusterLoad } from '../runner/measured-cluster-load.js';
import { faultsOf } from '../runner/measured-load.js';
import { chatAt, type ParleyCluster } from '../runner/parley-cluster.js';
import { createGroup, type Person } from '../runner/people.js';
import type { Constants } from '../scaling/constants.js';
import { microsOfPoll, openClusterStore } from '../seed/cluster-store.js';
import { random } from '../seed/store.js';
import type { SeededChat } from '../seed/order.js';
import { clusterPlan } from './cluster-plan.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  people: { about: 'accounts, each with a session', byDefault: 5_000 },
  chats: { about: 'chats, each with two people of its own', byDefault: 2_000 },
  messages: { about: 'messages of each of the first hundred chats', byDefault: 500 },
  connections: { about: 'connections to one chat process', byDefault: 2_000 },
  members: { about: 'people in the group', byDefault: 500 },
  seconds: { about: 'how long each part is measured', byDefault: 15 },
  bytes: { about: 'length of a message', byDefault: 200 },
};
type ConstantsSettings = Settings<keyof typeof knobs>;

const LONG_CHATS = 100;
const IN_FLIGHT = 8;
const GROUP_RATE_PER_S = 20;
const PAGES_READ = 1_000;
const PAGE_LIMIT = 50;
const WARM_UP_MS = 20_000;
const SETTLE_MS = 10_000;
const MICROS = 1_000_000;

/** What one of each costs: what `scaling` calculates with. */
export const constants: Scenario<keyof typeof knobs> = {
  name: 'constants',
  about: 'what one row, key, connection, message and delivery of a cluster costs: what `scaling` calculates with',
  knobs,
  run: (lab, settings) => lab.withCluster('constants', (cluster) => measure(lab, cluster, settings)),
};

async function measure(lab: Lab, cluster: ParleyCluster, settings: ConstantsSettings): Promise<Findings> {
  const elsewhere = cluster.services.stores.filter(({ pids }) => pids.length === 0).map(({ name }) => name);
  if (elsewhere.length > 0) throw new Error(`what ${elsewhere.join(' and ')} costs can be measured only where it runs here`);
  const { people, chats } = await fill(lab, cluster, settings);
  lab.progress.step('constants: sizes of rows');
  const rows = await rowBytes(cluster, chats, settings);
  const meter = await ClusterMeter.open(cluster);
  try {
    const run = (who: Person[], streams: Stream[], pace: Pace) =>
      measureClusterLoad(
        meter,
        { ...clusterPlan(cluster, { people: who, streams }, settings, pace), warmUpMs: WARM_UP_MS },
        lab.progress,
      );
    lab.progress.step('constants: one-to-one messages');
    const talk = directStreams(chats);
    const direct = await run(talk.people, talk.streams, { kind: 'window', inFlight: IN_FLIGHT });
    const groupId = await createGroup(cluster.httpUrl, people.slice(0, settings.members));
    const stream: Stream = { kind: 'group', client: 0, conversationId: groupId, to: '' };
    lab.progress.step('constants: messages to a group');
    const group = await run(people.slice(0, settings.members), [stream], { kind: 'rate', perS: GROUP_RATE_PER_S });
    lab.progress.step(`constants: ${PAGES_READ} newest pages`);
    const open = await microsOfOpening(cluster, chats);
    lab.progress.step(`constants: ${settings.connections} connections`);
    const page = bytesOf(await keysOf(cluster), 'page');
    lab.progress.step('constants: what a server asks every five seconds');
    const entries = chats.reduce((sum, chat) => sum + chat.messages, 0) + direct.load.counts.acknowledged;
    const poll = await microsOfPoll(cluster.env, cluster.jwtSecret, await userIdsOf(cluster, settings.connections), entries);
    const { connectionBytes, keys } = await holdConnections(lab, cluster, people, settings);
    const measured: Constants = {
      ...rows,
      redis: { directory: bytesOf(keys, 'at'), standing: bytesOf(keys, 'standing'), page },
      ...cpuConstants(direct, group, settings.members, { open, poll }),
      connectionBytes,
    };
    return {
      figures: figuresOf(measured),
      charts: [],
      runs: { constants: measured, direct, group },
      ...faultsOf({ direct, group }),
    };
  } finally {
    await meter.close();
  }
}

/** By the store's own code: what would take minutes through the doors. */
async function fill(lab: Lab, cluster: ParleyCluster, settings: ConstantsSettings) {
  lab.progress.step('constants: filling the stores, by the server’s own code');
  const store = await openClusterStore(cluster.env, cluster.jwtSecret);
  const tell = (what: string) => lab.progress.now(what);
  const people = await store.addPeople(settings.people, tell);
  const chats: SeededChat[] = [];
  for (let n = 0; n < settings.chats; n++)
    chats.push(
      await store.addChat(n < LONG_CHATS ? settings.messages : 0, settings.bytes, (what) => tell(`chat ${n}: ${what}`), {
        say: random,
      }),
    );
  await store.close();
  return { people, chats };
}

async function rowBytes(
  { env, services }: ParleyCluster,
  chats: readonly SeededChat[],
  { bytes }: ConstantsSettings,
): Promise<Pick<Constants, 'postgres' | 'cassandra'>> {
  const client = new Client({ connectionString: env['POSTGRES_URL'] });
  await client.connect();
  try {
    const of = (table: string) => postgresRowBytes(client, table);
    const cassandra = {
      contactPoints: env['CASSANDRA_CONTACT_POINTS'] ?? '',
      dataCenter: env['CASSANDRA_DATA_CENTER'] ?? '',
      keyspace: env['CASSANDRA_KEYSPACE'] ?? '',
      folder: join(services.folder, 'cassandra'),
    };
    const messages = chats.reduce((sum, chat) => sum + chat.messages, 0);
    return {
      postgres: {
        account: await of('accounts'),
        session: await of('sessions'),
        conversation: await of('conversations'),
        membership: await of('memberships'),
        journal: await of('journal'),
        send: await of('sends'),
      },
      cassandra: { row: await cassandraRowBytes(cassandra, 'log_entries', messages), contentBytes: bytes },
    };
  } finally {
    await client.end();
  }
}

/** On a process of its own: one that had load before has room for them. With the keys that Redis has for those connected. */
function holdConnections(
  lab: Lab,
  cluster: ParleyCluster,
  people: readonly Person[],
  { connections }: ConstantsSettings,
): Promise<{ connectionBytes: number; keys: Awaited<ReturnType<typeof redisKeyBytes>> }> {
  return cluster.withAnother('chat-3', async (server) => {
    await lab.progress.wait(SETTLE_MS);
    const before = await memoryOf(server.pid);
    const clients = people.slice(0, connections).map(({ token }) => ({ token, server: chatAt(server) }));
    const nothing = clusterPlan(cluster, { people: [], streams: [] }, { bytes: 0, seconds: 0 }, { kind: 'rate', perS: 1 });
    const { generator } = await Generator.open({ ...nothing, clients }, lab.progress);
    await lab.progress.wait(SETTLE_MS);
    const after = await memoryOf(server.pid);
    const keys = await keysOf(cluster);
    await generator.stop();
    return { connectionBytes: ((after.rss - before.rss) * 1_024) / clients.length, keys };
  });
}

async function userIdsOf({ env }: ParleyCluster, limit: number): Promise<string[]> {
  const client = new Client({ connectionString: env['POSTGRES_URL'] });
  await client.connect();
  try {
    return (await client.query<{ id: string }>('SELECT id FROM accounts LIMIT $1', [limit])).rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

/** A kind of key that is not there has another name now: it must not count as nothing. */
function bytesOf(keys: Awaited<ReturnType<typeof redisKeyBytes>>, kind: string): number {
  const found = keys.get(kind);
  if (found === undefined) throw new Error(`Redis has no keys of the kind ${kind}`);
  return found.bytes;
}

const keysOf = ({ env }: ParleyCluster) => redisKeyBytes(env['REDIS_URL'] ?? '', env['REDIS_PREFIX'] ?? '');

function directStreams(chats: readonly SeededChat[]): { people: Person[]; streams: Stream[] } {
  const some = chats.slice(0, LONG_CHATS);
  return {
    people: some.flatMap(({ reader, other }) => [reader, other]),
    streams: some.map(({ chatId, other }, n) => ({ kind: 'direct', client: 2 * n, conversationId: chatId, to: other.username })),
  };
}

/** CPU of the server that reads them, for each; most of them from the cache. */
async function microsOfOpening(cluster: ParleyCluster, chats: readonly SeededChat[]): Promise<number> {
  const [chat] = chats;
  if (chat === undefined) throw new Error('there is no chat');
  const { pid } = cluster.server('chat-2');
  const reader = await HistoryReader.open({ chat: cluster.chat('chat-2'), httpUrl: cluster.httpUrl }, 'socket', chat);
  const from = await cpuOf(pid);
  for (let n = 0; n < PAGES_READ; n++) await reader.read(PAGE_LIMIT);
  const { total } = cpuBetween(from, await cpuOf(pid));
  reader.close();
  return (total * MICROS) / PAGES_READ;
}

/** A group's deliveries are half at its sender's server, half at the other, so what is left of each is of a delivery. */
function cpuConstants(
  direct: MeasuredClusterLoad,
  group: MeasuredClusterLoad,
  members: number,
  { open, poll }: { open: number; poll: number },
): Pick<Constants, 'cpu' | 'stores' | 'redisCommands'> {
  const messages = direct.load.window.delivered;
  const each = (seconds: number | undefined) => ((seconds ?? 0) * MICROS) / messages;
  const { ours, stores } = direct.cost;
  const send = each(cpuOfOurs(direct.cost) - ours['chat-2']);
  const hop = each(ours['chat-2']);
  const ofGroupMessage = (cpuOfOurs(group.cost) * MICROS * (members - 1)) / group.load.window.delivered;
  return {
    cpu: { send, hop, delivery: Math.max(0, ofGroupMessage - send - hop) / (members - 2), open },
    stores: { postgres: each(stores.PostgreSQL), cassandra: each(stores.Cassandra), redis: each(stores.Redis), poll },
    redisCommands: totalOf(direct.cost, 'redisCommands') / messages,
  };
}

function figuresOf({ postgres, cassandra, redis, cpu, stores, redisCommands, connectionBytes }: Constants): Figure[] {
  const list = (id: string, what: string, unit: string, values: Record<string, number>): Figure[] =>
    Object.entries(values).map(([name, value]) => ({ id: `constants.${id}.${name}`, name: `${what}: ${name}`, value, unit }));
  return [
    ...list('postgres', 'PostgreSQL, with indexes', 'bytes', postgres),
    ...list('cassandra', `Cassandra, message of ${cassandra.contentBytes} bytes`, 'bytes', { row: cassandra.row }),
    ...list('redis', 'Redis key', 'bytes', redis),
    ...list('cpu', 'CPU of our processes', 'µs', cpu),
    ...list('stores', 'CPU for each message', 'µs', stores),
    ...list('commands', 'Redis, for each message', '', { commands: redisCommands }),
    ...list('connection', 'a chat process', 'bytes', { connection: connectionBytes }),
  ];
}
