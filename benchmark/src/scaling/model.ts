import { LIMITS } from '@parley/protocol';
import type { Constants } from './constants.js';

/** What people do. */
export interface Demand {
  users: number;
  /** Of all users: who does anything on a day, and who is connected at the busiest moment. */
  activeShare: number;
  connectedShare: number;
  /** Of each active person on a day. */
  messages: number;
  opens: number;
  /** The busiest second against the mean one. */
  peak: number;
  contentBytes: number;
  conversationsPerUser: number;
  /** Of messages: those to groups, of so many members. */
  groupShare: number;
  groupMembers: number;
  yearsKept: number;
}

/** What it runs on. */
export interface Machines {
  /** Of a core, at the peak: what is above is for a machine that fails, and for the next minute. */
  utilisation: number;
  connectionsPerProcess: number;
  /** Cores that one PostgreSQL, and one node of Cassandra, has for this. */
  coresPerStore: number;
  /** Of one PostgreSQL, of one node of Cassandra, and of one master of Redis. */
  postgresBytes: number;
  cassandraNodeBytes: number;
  redisBytes: number;
  /** Of one master of Redis, which has one thread for all. */
  redisCommandsPerS: number;
  cassandraReplicas: number;
}

export const DEMAND: Demand = {
  users: 10_000_000,
  activeShare: 0.3,
  connectedShare: 0.1,
  messages: 40,
  opens: 40,
  peak: 3,
  contentBytes: 200,
  conversationsPerUser: 15,
  groupShare: 0.3,
  groupMembers: 20,
  yearsKept: 3,
};

export const MACHINES: Machines = {
  utilisation: 0.5,
  connectionsPerProcess: 20_000,
  coresPerStore: 8,
  postgresBytes: 1e12,
  cassandraNodeBytes: 2e12,
  redisBytes: 16e9,
  redisCommandsPerS: 50_000,
  cassandraReplicas: 3,
};

/** What a demand takes. Bytes, and figures of the busiest second. */
export interface Needs {
  messagesPerDay: number;
  messagesPerS: number;
  deliveriesPerS: number;
  connections: number;
  chat: { processes: number; byCpu: number; byConnections: number; bytesEach: number };
  postgres: {
    servers: number;
    byCpu: number;
    bySize: number;
    bytes: number;
    parts: Record<string, number>;
    cores: { appends: number; polls: number };
  };
  cassandra: { nodes: number; byCpu: number; bySize: number; bytes: number; rowsPerDay: number };
  redis: { masters: number; byCommands: number; bySize: number; bytes: number; commandsPerS: number };
}

const S_PER_DAY = 86_400;
const DAYS_PER_YEAR = 365;
const MICROS = 1_000_000;
/** Records of client ids, and the journal, are kept so long. */
const SENDS_DAYS = LIMITS.idempotencyDays;
const JOURNAL_HOURS = 3;
/** Each server asks so often what the others appended in so long. */
const POLL_S = 5;
const POLLED_S = 15;
/** A newest page is kept so long after it was read. */
const PAGE_S = 60;
/** Above so many members a message goes to every server, below to those where members are. */
const LISTED_MEMBERS_MAX = LIMITS.receiptsPushedUpToMembers;

/** Arithmetic, no simulation: as if everybody whom a message concerns were connected, and load were spread evenly. */
export function needsOf(demand: Demand, constants: Constants, machines: Machines = MACHINES): Needs {
  const { users, activeShare, connectedShare, messages, opens, peak, groupShare, groupMembers } = demand;
  const active = users * activeShare;
  const messagesPerDay = active * messages;
  const messagesPerS = (messagesPerDay / S_PER_DAY) * peak;
  const opensPerS = ((active * opens) / S_PER_DAY) * peak;
  const receivers = 1 - groupShare + groupShare * (groupMembers - 1);
  const deliveriesPerS = messagesPerS * receivers;
  const connections = users * connectedShare;
  const load = { messagesPerDay, messagesPerS, deliveriesPerS, opensPerS, connections };
  const chat = chatNeeds(demand, load, constants, machines);
  return {
    messagesPerDay,
    messagesPerS,
    deliveriesPerS,
    connections,
    chat,
    postgres: postgresNeeds(demand, load, chat.processes, constants, machines),
    cassandra: cassandraNeeds(demand, load, constants, machines),
    redis: redisNeeds(demand, load, constants, machines),
  };
}

interface Load {
  messagesPerDay: number;
  messagesPerS: number;
  deliveriesPerS: number;
  opensPerS: number;
  connections: number;
}

/** More servers mean more hops of a group's message, and more hops more servers: until both agree. */
function chatNeeds(demand: Demand, load: Load, constants: Constants, machines: Machines): Needs['chat'] {
  const byConnections = Math.ceil(load.connections / machines.connectionsPerProcess);
  let [processes, byCpu] = [Math.max(1, byConnections), 0];
  for (let before = 0; before !== processes;) {
    before = processes;
    byCpu = Math.ceil(chatCores(demand, load, constants, processes) / machines.utilisation);
    processes = Math.max(byCpu, byConnections, processes);
  }
  const bytesEach = (load.connections / processes) * constants.connectionBytes;
  return { processes, byCpu, byConnections, bytesEach };
}

function chatCores({ groupShare, groupMembers }: Demand, load: Load, { cpu }: Constants, servers: number): number {
  const direct = cpu.send + cpu.hop;
  const hops = serversReached(groupMembers, servers);
  const group = cpu.send + hops * cpu.hop + Math.max(0, groupMembers - 1 - hops) * cpu.delivery;
  const micros = load.messagesPerS * ((1 - groupShare) * direct + groupShare * group) + load.opensPerS * cpu.open;
  return micros / MICROS;
}

/** On how many of the servers the members are, if each is on any. */
function serversReached(members: number, servers: number): number {
  return members > LISTED_MEMBERS_MAX ? servers : servers * (1 - (1 - 1 / servers) ** (members - 1));
}

/** Every server asks about all messages, so this part grows with the product of both. */
function postgresNeeds(
  demand: Demand,
  { messagesPerDay: perDay, messagesPerS }: Load,
  servers: number,
  { postgres, stores, cassandra }: Constants,
  machines: Machines,
): Needs['postgres'] {
  const { users, conversationsPerUser, groupShare, groupMembers } = demand;
  const memberships = users * conversationsPerUser;
  // A direct chat has two memberships, a group as many as members.
  const membersEach = 2 * (1 - groupShare) + groupMembers * groupShare;
  const extra = demand.contentBytes - cassandra.contentBytes;
  const parts = {
    accounts: users * (postgres.account + postgres.session),
    conversations: (memberships / membersEach) * postgres.conversation,
    memberships: memberships * postgres.membership,
    sends: SENDS_DAYS * perDay * postgres.send,
    journal: (JOURNAL_HOURS / 24) * perDay * (postgres.journal + extra),
  };
  const bytes = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const cores = {
    appends: (messagesPerS * stores.postgres) / MICROS,
    polls: (servers * messagesPerS * (POLLED_S / POLL_S) * stores.poll) / MICROS,
  };
  const byCpu = Math.ceil((cores.appends + cores.polls) / (machines.coresPerStore * machines.utilisation));
  const bySize = Math.ceil(bytes / machines.postgresBytes);
  return { servers: Math.max(byCpu, bySize, 1), byCpu, bySize, bytes, parts, cores };
}

function cassandraNeeds(
  demand: Demand,
  { messagesPerDay: perDay, messagesPerS: perS }: Load,
  { cassandra, stores }: Constants,
  machines: Machines,
): Needs['cassandra'] {
  const { coresPerStore, utilisation, cassandraReplicas, cassandraNodeBytes } = machines;
  const row = cassandra.row + demand.contentBytes - cassandra.contentBytes;
  const bytes = perDay * DAYS_PER_YEAR * demand.yearsKept * row * cassandraReplicas;
  const byCpu = Math.ceil((perS * stores.cassandra * cassandraReplicas) / MICROS / (coresPerStore * utilisation));
  const bySize = Math.ceil(bytes / cassandraNodeBytes);
  return { nodes: Math.max(byCpu, bySize, cassandraReplicas), byCpu, bySize, bytes, rowsPerDay: perDay };
}

/** A group's message asks where each of its members is. */
function redisNeeds(demand: Demand, load: Load, { redis, redisCommands }: Constants, machines: Machines): Needs['redis'] {
  const { groupShare, groupMembers } = demand;
  const forGroup = groupMembers > LISTED_MEMBERS_MAX ? 1 : groupMembers;
  const commandsPerS =
    load.messagesPerS * ((1 - groupShare) * redisCommands + groupShare * (redisCommands + forGroup)) + load.opensPerS;
  const bytes = load.connections * (redis.directory + redis.standing) + load.opensPerS * PAGE_S * redis.page;
  const byCommands = Math.ceil(commandsPerS / machines.redisCommandsPerS);
  const bySize = Math.ceil(bytes / machines.redisBytes);
  return { masters: Math.max(byCommands, bySize, 1), byCommands, bySize, bytes, commandsPerS };
}
