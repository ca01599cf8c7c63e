import { joinFindings, type Figure, type Findings } from '../findings.js';
import { faultsOf, type MeasuredLoad } from '../runner/measured-load.js';
import { deliveriesOverTime, latencyCurve } from './charts.js';
import { openChats, runDirect } from './direct-load.js';
import { cpuNote, loopFigure } from './figures.js';
import { compareWithLimit } from './limit.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  users: { about: 'people, two to a chat', byDefault: 200 },
  rate: { about: 'messages a second, all together, in the steady part', byDefault: 2_000 },
  seconds: { about: 'how long each part is measured', byDefault: 15 },
  bytes: { about: 'length of a message', byDefault: 200 },
  inFlight: { about: 'messages that each user keeps unanswered in the saturated part', byDefault: 8 },
  withLimit: { about: 'also run a bare ws relay, which keeps nothing, and ours at the same rate', byDefault: 0, isFlag: true },
};

/** Durable one-to-one messages between people who are there: at a steady rate, and as fast as they go. */
export const direct: Scenario<keyof typeof knobs> = {
  name: 'direct',
  about: 'one-to-one messages, acknowledged after fsync: latency at a fixed rate, then saturation',
  knobs,
  run: (lab, settings) =>
    lab.withServer('direct', async (server) => {
      const chats = await openChats(lab, server, settings.users);
      const steady = await runDirect(lab, server, chats, settings, { kind: 'rate', perS: settings.rate });
      const saturated = await runDirect(lab, server, chats, settings, { kind: 'window', inFlight: settings.inFlight });
      const limit = settings.withLimit ? [await compareWithLimit(lab, server, chats, settings)] : [];
      return joinFindings([findings(settings, steady, saturated), ...limit]);
    }),
};

function findings({ rate, users }: Settings<keyof typeof knobs>, steady: MeasuredLoad, saturated: MeasuredLoad): Findings {
  const runs = { 'direct.steady': steady, 'direct.saturated': saturated };
  return {
    figures: [...steadyFigures(steady, rate), loopFigure(steady, rate), ...saturatedFigures(saturated, users)],
    charts: [latencyCurve(`one-to-one at ${rate}/s`, steady.load), deliveriesOverTime('one-to-one, saturated', saturated.load)],
    runs,
    ...faultsOf(runs),
  };
}

function steadyFigures({ load, cpu }: MeasuredLoad, rate: number): Figure[] {
  const { endToEnd, acknowledgement, window } = load;
  const at = `one-to-one at ${rate}/s`;
  return [
    { id: 'direct.p50', name: `${at}: end to end, p50`, value: endToEnd.p50, unit: 'ms' },
    { id: 'direct.p95', name: `${at}: end to end, p95`, value: endToEnd.p95, unit: 'ms' },
    {
      id: 'direct.p99',
      name: `${at}: end to end, p99`,
      value: endToEnd.p99,
      unit: 'ms',
      note: `p99.9 ${endToEnd.p999.toFixed(1)}, max ${endToEnd.max.toFixed(1)} ms`,
    },
    {
      id: 'direct.ack-p99',
      name: `${at}: acknowledged, p99`,
      value: acknowledgement.p99,
      unit: 'ms',
      note: `p50 ${acknowledgement.p50.toFixed(2)} ms`,
    },
    {
      id: 'direct.per-cpu',
      name: `${at}: messages per CPU-second`,
      value: window.delivered / cpu.total,
      unit: '/s',
      note: cpuNote(cpu),
    },
  ];
}

function saturatedFigures({ load, cpu }: MeasuredLoad, users: number): Figure[] {
  const perS = load.window.delivered / (load.window.ms / 1_000);
  return [
    {
      id: 'direct.saturated.per-s',
      name: `one-to-one, saturated by ${users} people: messages`,
      value: perS,
      unit: '/s',
      note: `p99 ${load.endToEnd.p99.toFixed(0)} ms`,
    },
    {
      id: 'direct.saturated.per-cpu',
      name: 'one-to-one, saturated: messages per CPU-second',
      value: load.window.delivered / cpu.total,
      unit: '/s',
      note: cpuNote(cpu),
    },
  ];
}
