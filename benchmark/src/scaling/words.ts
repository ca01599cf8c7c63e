import { MACHINES, type Demand, type Needs } from './model.js';

const UNITS: [number, string][] = [
  [1e15, 'PB'],
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1, 'bytes'],
];

function bytesInWords(bytes: number): string {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? [1, 'bytes'];
  return `${(bytes / size).toLocaleString('en-GB', { maximumSignificantDigits: 3 })} ${unit}`;
}

/** Infinite: more servers make more work than they do. */
const count = (value: number): string =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en-GB') : 'no number is enough';
const percent = (share: number): string => `${+(share * 100).toFixed(1)} %`;

/** Needs as lines of a table, each with what decides it. */
export function needsInWords(demand: Demand, needs: Needs): string {
  const { chat, postgres, cassandra, redis } = needs;
  const parts = Object.entries(postgres.parts).map(([name, bytes]) => `${name} ${bytesInWords(bytes)}`);
  const rows = [
    ['messages', `${count(needs.messagesPerDay)} a day, ${count(needs.messagesPerS)} in the busiest second`],
    ['deliveries', `${count(needs.deliveriesPerS)} in the busiest second`],
    ['connections', count(needs.connections)],
    ['chat processes', `${count(chat.processes)} (by CPU ${count(chat.byCpu)}, by connections ${count(chat.byConnections)})`],
    ['  connections of each', bytesInWords(chat.bytesEach)],
    ['PostgreSQL', `${count(postgres.servers)} (by CPU ${count(postgres.byCpu)}, by size ${count(postgres.bySize)})`],
    ['  size', `${bytesInWords(postgres.bytes)}: ${parts.join(', ')}`],
    [
      '  cores',
      `${postgres.cores.appends.toFixed(1)} for appends, ${postgres.cores.polls.toFixed(1)} for polls, by ${count(chat.processes)} servers`,
    ],
    ['Cassandra nodes', `${count(cassandra.nodes)} (by CPU ${count(cassandra.byCpu)}, by size ${count(cassandra.bySize)})`],
    [
      '  size',
      `${bytesInWords(cassandra.bytes)}, ${count(cassandra.rowsPerDay)} rows a day, ${MACHINES.cassandraReplicas} replicas`,
    ],
    ['Redis masters', `${count(redis.masters)} (by commands ${count(redis.byCommands)}, by size ${count(redis.bySize)})`],
    ['  size', `${bytesInWords(redis.bytes)}, ${count(redis.commandsPerS)} commands in the busiest second`],
  ];
  return [demandInWords(demand), '', ...rows.map(([what = '', value = '']) => `${what.padEnd(24)}${value}`)].join('\n');
}

function demandInWords(demand: Demand): string {
  const { users, activeShare, connectedShare, messages, opens, peak, contentBytes, groupShare, groupMembers } = demand;
  return [
    `${count(users)} users: ${percent(activeShare)} active on a day, ${percent(connectedShare)} connected at the busiest moment;`,
    `each active one sends ${messages} messages of ${contentBytes} bytes and opens ${opens} conversations a day, ${percent(groupShare)} of messages to groups of ${groupMembers};`,
    `the busiest second has ${peak} times the mean; messages are kept for ${demand.yearsKept} years; CPU is used to ${percent(MACHINES.utilisation)}.`,
  ].join('\n');
}

/** What may be set. */
export const DEMAND_ABOUT: Record<keyof Demand, string> = {
  users: 'accounts',
  activeShare: 'share of them that does anything on a day',
  connectedShare: 'share of them that is connected at the busiest moment',
  messages: 'messages of each active person on a day',
  opens: 'conversations that each opens on a day',
  peak: 'the busiest second against the mean one',
  contentBytes: 'length of a message',
  conversationsPerUser: 'conversations of each user',
  groupShare: 'share of messages that go to groups',
  groupMembers: 'members of a group',
  yearsKept: 'years that messages are kept',
};
