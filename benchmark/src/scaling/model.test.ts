import { expect, test } from 'vitest';
import type { Constants } from './constants.js';
import { DEMAND, MACHINES, needsOf, type Demand } from './model.js';

/** Round numbers, so that results can be checked by hand. */
const CONSTANTS: Constants = {
  postgres: { account: 100, session: 100, conversation: 100, membership: 100, journal: 1_000, send: 100 },
  cassandra: { row: 100, contentBytes: 200 },
  redis: { directory: 100, standing: 100, page: 10_000 },
  cpu: { send: 100, hop: 50, delivery: 10, open: 0 },
  stores: { postgres: 100, cassandra: 100, redis: 10, poll: 1 },
  redisCommands: 1,
  connectionBytes: 10_000,
};
const DIRECT: Demand = { ...DEMAND, users: 1_000_000, activeShare: 0.864, messages: 100, peak: 1, groupShare: 0 };
const needs = (demand: Partial<Demand>, machines = MACHINES) => needsOf({ ...DIRECT, ...demand }, CONSTANTS, machines);

test('direct messages: rates, CPU and sizes by hand', () => {
  const { messagesPerDay, messagesPerS, deliveriesPerS, chat, postgres, cassandra, redis } = needs({});
  expect(messagesPerDay).toBe(86_400_000);
  expect(messagesPerS).toBeCloseTo(1_000);
  expect(deliveriesPerS).toBeCloseTo(1_000);
  // 1,000/s × 150 µs = 0.15 cores; 100,000 connections, 20,000 to a process.
  expect(chat).toMatchObject({ byCpu: 1, byConnections: 5, processes: 5, bytesEach: 200_000_000 });
  expect(postgres.parts).toMatchObject({ accounts: 200_000_000, memberships: 1.5e9, conversations: 0.75e9 });
  expect(postgres.parts['sends']).toBeCloseTo(7 * 86_400_000 * 100);
  // 1,000/s × 100 µs; and each of 5 servers looks at 3,000 entries a second, 1 µs each.
  expect(postgres.cores.appends).toBeCloseTo(0.1);
  expect(postgres.cores.polls).toBeCloseTo(0.015);
  expect(postgres.byCpu).toBe(1);
  expect(cassandra.bytes).toBeCloseTo(86_400_000 * 365 * 3 * 100 * 3);
  expect(cassandra.nodes).toBe(Math.ceil(cassandra.bytes / MACHINES.cassandraNodeBytes));
  // One for each message, and one for each conversation opened.
  expect(redis.commandsPerS).toBeCloseTo(1_000 + 0.864 * 40 * (1_000_000 / 86_400));
});

test('a message to a group costs a hop for each server that has members, and a delivery for each of the others', () => {
  const one = { ...MACHINES, connectionsPerProcess: 1e9, utilisation: 1 };
  const busy = { users: 100_000_000, groupShare: 1, groupMembers: 200 };
  const { chat, deliveriesPerS, messagesPerS } = needs(busy, one);
  expect(deliveriesPerS / messagesPerS).toBeCloseTo(199);
  // More servers, more hops, until all members are alone: 100,000/s × (100 + 199 × 50 µs) at most.
  expect(chat.processes).toBeGreaterThan((100_000 * (100 + 199 * 10)) / 1e6);
  expect(chat.processes).toBeLessThanOrEqual(Math.ceil((100_000 * (100 + 199 * 50)) / 1e6));
});

test('a message to a large group is handled by every server: from some rate on, no number of servers is enough', () => {
  const large = { users: 1_000_000, groupShare: 1, groupMembers: 1_000 };
  // 1,000/s × 50 µs is a twentieth of each server; 30,000/s is more than a whole one.
  expect(needs(large).chat.processes).toBeLessThan(50);
  expect(needs({ ...large, users: 30_000_000 }).chat.processes).toBe(Infinity);
});

test('more users need more of everything, and nothing needs less than one', () => {
  const few = needs({ users: 1 });
  expect([few.chat.processes, few.postgres.servers, few.redis.masters]).toEqual([1, 1, 1]);
  expect(few.cassandra.nodes).toBe(MACHINES.cassandraReplicas);
  for (const users of [1_000, 100_000, 10_000_000]) {
    const [less, more] = [needs({ users }), needs({ users: users * 10 })];
    expect(more.chat.processes).toBeGreaterThanOrEqual(less.chat.processes);
    expect(more.postgres.bytes).toBeCloseTo(less.postgres.bytes * 10);
    expect(more.cassandra.bytes).toBeCloseTo(less.cassandra.bytes * 10);
  }
});

test('longer messages weigh in the archive and the journal, and nowhere else', () => {
  const [short, long] = [needs({}), needs({ contentBytes: 1_200 })];
  expect(long.cassandra.bytes / short.cassandra.bytes).toBeCloseTo(11);
  expect(long.postgres.parts['journal']).toBeCloseTo((short.postgres.parts['journal'] ?? 0) * 2);
  expect(long.postgres.parts['sends']).toBe(short.postgres.parts['sends']);
  expect(long.redis.bytes).toBe(short.redis.bytes);
});
