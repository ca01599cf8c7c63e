import type { Figure, Findings } from '../findings.js';
import type { Pace, Plan } from '../generator/plan.js';
import type { Lab } from '../lab.js';
import { faultsOf, measureLoad, type MeasuredLoad } from '../runner/measured-load.js';
import type { ParleyServer } from '../runner/parley-server.js';
import { createGroup, registerPeople } from '../runner/people.js';
import { deliveriesOverTime, latencyCurve } from './charts.js';
import { cpuNote } from './figures.js';
import type { Scenario, Settings } from './scenario.js';
import { parleyPlan } from './direct-load.js';

const knobs = {
  members: { about: 'people in the group, at most 500', byDefault: 500 },
  rate: { about: 'messages a second in the steady part', byDefault: 40 },
  seconds: { about: 'how long each part is measured', byDefault: 12 },
  bytes: { about: 'length of a message', byDefault: 200 },
  inFlight: { about: 'messages that the sender keeps unanswered in the saturated part', byDefault: 16 },
};
type GroupSettings = Settings<keyof typeof knobs>;

/** One sender, many receivers: what a fan-out costs. */
export const group: Scenario<keyof typeof knobs> = {
  name: 'group',
  about: 'one sender in a large group: deliveries per CPU-second, steady and saturated',
  knobs,
  run: (lab, settings) =>
    lab.withServer('group', async (server) => {
      lab.progress.step(`group: registering ${settings.members} people`);
      const people = await registerPeople(server.httpUrl, settings.members, (done) =>
        lab.progress.now(`${done} of ${settings.members}`),
      );
      const groupId = await createGroup(server.httpUrl, people);
      const run = (pace: Pace) =>
        runGroup(
          lab,
          server,
          parleyPlan(
            { people, streams: [{ kind: 'group', client: 0, conversationId: groupId, to: '' }] },
            settings,
            pace,
            server.chat,
          ),
        );
      const steady = await run({ kind: 'rate', perS: settings.rate });
      const saturated = await run({ kind: 'window', inFlight: settings.inFlight });
      return findings(settings, steady, saturated);
    }),
};

function runGroup(lab: Lab, server: ParleyServer, load: Plan): Promise<MeasuredLoad> {
  lab.progress.step(
    `group: ${load.pace.kind === 'rate' ? `${load.pace.perS} messages a second` : 'saturation'}, ${load.measureMs / 1_000} s`,
  );
  return measureLoad(server, load, lab.progress);
}

function findings({ members, rate }: GroupSettings, steady: MeasuredLoad, saturated: MeasuredLoad): Findings {
  const runs = { 'group.steady': steady, 'group.saturated': saturated };
  return {
    figures: [
      perCpu('group.per-cpu', `group of ${members} at ${rate}/s`, steady),
      {
        id: 'group.p99',
        name: `group of ${members} at ${rate}/s: end to end, p99`,
        value: steady.load.endToEnd.p99,
        unit: 'ms',
        note: `p50 ${steady.load.endToEnd.p50.toFixed(1)} ms`,
      },
      {
        id: 'group.saturated.per-s',
        name: `group of ${members}, saturated: deliveries`,
        value: saturated.load.window.delivered / (saturated.load.window.ms / 1_000),
        unit: '/s',
      },
      perCpu('group.saturated.per-cpu', `group of ${members}, saturated`, saturated),
    ],
    charts: [
      latencyCurve(`group of ${members} at ${rate}/s`, steady.load),
      deliveriesOverTime(`group of ${members}, saturated`, saturated.load),
    ],
    runs,
    ...faultsOf(runs),
  };
}

function perCpu(id: string, name: string, { load, cpu }: MeasuredLoad): Figure {
  return {
    id,
    name: `${name}: deliveries per CPU-second`,
    value: load.window.delivered / cpu.total,
    unit: '/s',
    note: cpuNote(cpu),
  };
}
