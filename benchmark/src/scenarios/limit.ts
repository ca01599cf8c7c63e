import type { Figure, Findings } from '../findings.js';
import type { Lab } from '../lab.js';
import { faultsOf, measureLoad, type MeasuredLoad } from '../runner/measured-load.js';
import type { ParleyServer } from '../runner/parley-server.js';
import { RelayServer } from '../runner/relay-server.js';
import { parleyPlan, runDirect, type Chats, type DirectSettings } from './direct-load.js';
import { cpuNote } from './figures.js';

const RATE_PER_S = 5_000;

/** Ours against a bare relay that keeps nothing, at the same rate, one after the other in the same run. */
export async function compareWithLimit(
  lab: Lab,
  server: ParleyServer,
  chats: Chats,
  settings: DirectSettings,
): Promise<Findings> {
  const pace = { kind: 'rate', perS: RATE_PER_S } as const;
  const ours = await runDirect(lab, server, chats, settings, pace);
  lab.progress.step(`direct: the bare relay, ${RATE_PER_S} messages a second`);
  const limit = await withRelay((relay) => measureLoad(relay, relayPlan(relay, chats, settings), lab.progress));
  const runs = { 'direct.against-limit': ours, 'direct.limit': limit };
  return {
    figures: figures(ours, limit),
    charts: [],
    runs,
    ...faultsOf(runs),
  };
}

async function withRelay<T>(use: (relay: RelayServer) => Promise<T>): Promise<T> {
  const relay = await RelayServer.start();
  try {
    return await use(relay);
  } finally {
    await relay.stop();
  }
}

function relayPlan(relay: RelayServer, chats: Chats, settings: DirectSettings): ReturnType<typeof parleyPlan> {
  const plan = parleyPlan(chats, settings, { kind: 'rate', perS: RATE_PER_S }, relay.chat);
  return { ...plan, dialect: 'relay', clients: chats.people.map(({ username }) => ({ token: username })) };
}

function figures(ours: MeasuredLoad, limit: MeasuredLoad): Figure[] {
  const perCpu = ({ load, cpu }: MeasuredLoad) => load.window.delivered / cpu.total;
  const at = `one-to-one at ${RATE_PER_S}/s`;
  return [
    {
      id: 'direct.at-limit-rate.per-cpu',
      name: `${at}: messages per CPU-second`,
      value: perCpu(ours),
      unit: '/s',
      note: cpuNote(ours.cpu),
    },
    {
      id: 'direct.limit.per-cpu',
      name: `${at}, bare ws relay: messages per CPU-second`,
      value: perCpu(limit),
      unit: '/s',
      note: `p99 ${limit.load.endToEnd.p99.toFixed(1)} ms; keeps nothing`,
    },
    {
      id: 'direct.limit.ratio',
      name: `${at}: of what the bare relay does per CPU-second`,
      value: perCpu(ours) / perCpu(limit),
      unit: '×',
    },
  ];
}
