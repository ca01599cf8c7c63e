import type { Findings } from '../findings.js';
import type { Plan } from '../generator/plan.js';
import type { Lab } from '../lab.js';
import { openFilesMax } from '../measure/machine.js';
import { MetricsPage } from '../measure/metrics-page.js';
import { cpuBetween, cpuOf, memoryOf, type Memory } from '../measure/process-usage.js';
import { Generator } from '../runner/generator.js';
import type { ParleyServer } from '../runner/parley-server.js';
import type { Person } from '../runner/people.js';
import { seed } from '../runner/seed.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  connections: { about: 'chat connections, each of a user of its own', byDefault: 10_000 },
  settle: { about: 'seconds to wait before memory is read', byDefault: 15 },
  seconds: { about: 'how long CPU is measured: a whole period of the heartbeat', byDefault: 30 },
};
type IdleSettings = Settings<keyof typeof knobs>;

/** What else a process has open. */
const OTHER_FILES = 200;
/** From one loopback address; then the next. Well below its ports, for the kernel takes long to find the last free ones. */
const CONNECTIONS_PER_ADDRESS = 2_500;

/** Connections that do nothing: what each takes of memory, and of CPU. */
export const idle: Scenario<keyof typeof knobs> = {
  name: 'idle',
  about: 'authenticated chat connections that say nothing: memory and CPU of each',
  knobs,
  async run(lab, settings) {
    const connections = affordable(settings.connections, lab);
    lab.progress.step(`idle: filling a store with ${connections} people, by the server’s own code`);
    const data = lab.newData('idle');
    const { people } = await seed({ ...data, people: connections, chatsOfMessages: [], contentBytes: 0 }, lab.progress);
    return lab.withServer('idle', (server) => hold(lab, server, people, settings), data);
  },
};

/** Both ends of each connection are files, in two processes. */
function affordable(wanted: number, lab: Lab): number {
  const most = openFilesMax() - OTHER_FILES;
  lab.progress.step(`idle: ulimit -n is ${openFilesMax()}, ${wanted <= most ? 'enough' : `so only ${most} connections`}`);
  return Math.min(wanted, most);
}

async function hold(lab: Lab, server: ParleyServer, people: Person[], settings: IdleSettings): Promise<Findings> {
  const { progress } = lab;
  progress.step('idle: the server alone');
  const before = await settled(lab, server, settings.settle);
  progress.step(`idle: opening ${people.length} connections`);
  const { generator, connectMs } = await Generator.open(plan(people, server), progress);
  progress.step('idle: settling');
  const after = await settled(lab, server, settings.settle);
  progress.step('idle: measuring CPU');
  const from = await cpuOf(server.pid);
  await progress.wait(settings.seconds * 1_000);
  const cpu = cpuBetween(from, await cpuOf(server.pid));
  const heap = (await MetricsPage.read(server.httpUrl)).of('nodejs_heap_size_used_bytes');
  const { counts } = await generator.stop();
  return findings(people.length, connectMs, before, after, cpu.total / settings.seconds, { heap, cpu, broken: counts.broken });
}

async function settled(lab: Lab, server: ParleyServer, seconds: number): Promise<Memory> {
  await lab.progress.wait(seconds * 1_000);
  return memoryOf(server.pid);
}

function plan(people: Person[], { chat }: ParleyServer): Plan {
  return {
    dialect: 'parley',
    ...chat,
    clients: people.map(({ token }, i) => ({ token, localAddress: `127.0.0.${1 + Math.floor(i / CONNECTIONS_PER_ADDRESS)}` })),
    connectingAtOnce: 100,
    streams: [],
    contentBytes: 0,
    pace: { kind: 'rate', perS: 1 },
    warmUpMs: 0,
    measureMs: 0,
  };
}

function findings(
  connections: number,
  connectMs: number,
  before: Memory,
  after: Memory,
  cpuShare: number,
  rest: { heap: number; broken: number; cpu: unknown },
): Findings {
  const each = (what: keyof Memory) => (after[what] - before[what]) / connections;
  const rss = `RSS ${Math.round(before.rss / 1_024)} → ${Math.round(after.rss / 1_024)} MB`;
  return {
    figures: [
      {
        id: 'idle.kb',
        name: `idle connection, of ${connections}: memory`,
        value: each('rss'),
        unit: 'KB',
        note: `${rss}; anonymous ${each('anonymous').toFixed(1)} KB each`,
      },
      { id: 'idle.cpu', name: `${connections} idle connections: CPU`, value: cpuShare * 100, unit: '% of a core' },
      { id: 'idle.connects', name: 'connections opened, up to INIT_DATA', value: connections / (connectMs / 1_000), unit: '/s' },
    ],
    charts: [],
    runs: { idle: { connections, connectMs, before, after, ...rest } },
    broken: rest.broken > 0 ? [`idle: ${rest.broken} connections broken`] : [],
    doubtful: [],
  };
}
