import { joinFindings, type Figure, type Findings } from '../findings.js';
import type { Pace, Plan, Stream } from '../generator/plan.js';
import type { Lab } from '../lab.js';
import { ClusterMeter } from '../runner/cluster-meter.js';
import { measureClusterLoad, type MeasuredClusterLoad } from '../runner/measured-cluster-load.js';
import { faultsOf } from '../runner/measured-load.js';
import type { ParleyCluster } from '../runner/parley-cluster.js';
import { createGroup, registerPeople, startChat, type Person } from '../runner/people.js';
import { deliveriesOverTime, latencyCurve } from './charts.js';
import { countFigures, cpuFigure, cpuSplit, loadNote, opensFigures } from './cluster-figures.js';
import { clusterPlan } from './cluster-plan.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  users: { about: 'people, two to a chat: one at each chat process', byDefault: 200 },
  members: { about: 'people in the group, half of them at each chat process', byDefault: 500 },
  rate: { about: 'messages a second in the steady part', byDefault: 500 },
  highRate: { about: 'messages a second in the part that is to be sustained', byDefault: 1_500 },
  seconds: { about: 'how long each part is measured', byDefault: 15 },
  bytes: { about: 'length of a message', byDefault: 200 },
  inFlight: { about: 'messages that each sender keeps unanswered in the saturated part', byDefault: 8 },
};
type ClusterSettings = Settings<keyof typeof knobs>;

/** Cassandra's and Node's compilers take both cores in their first seconds under load. */
const FIRST_WARM_UP_S = 20;
const IDLE_RATE_PER_S = 20;
const GROUP_RATE_PER_S = 20;
/** Opening conversations: how much is said meanwhile, in how many groups of how many. */
const OPENS_RATE_PER_S = 20;
const OPENS_GROUPS = 10;
const OPENS_GROUP_MEMBERS = 20;
const OPEN_WITHIN_MS = 2_000;
/** Until something has been said, and opened, nearly everywhere; and for how many times longer than other parts it is measured. */
const OPENS_WARM_UP_MS = 12_000;
const OPENS_LONGER = 2;

/** Messages between people who are at different servers of a cluster on this machine. */
export const cluster: Scenario<keyof typeof knobs> = {
  name: 'cluster',
  about: 'everything that has a goal, on the cluster profile: services, 2 chat processes and one of each other role, here',
  knobs,
  run: (lab, settings) =>
    lab.withCluster('cluster', async (started) => {
      const meter = await ClusterMeter.open(started);
      try {
        return await new ClusterRun(lab, started, meter, settings).all();
      } finally {
        await meter.close();
      }
    }),
};

class ClusterRun {
  readonly #lab: Lab;
  readonly #cluster: ParleyCluster;
  readonly #meter: ClusterMeter;
  readonly #settings: ClusterSettings;

  constructor(lab: Lab, started: ParleyCluster, meter: ClusterMeter, settings: ClusterSettings) {
    this.#lab = lab;
    this.#cluster = started;
    this.#meter = meter;
    this.#settings = settings;
  }

  async all(): Promise<Findings> {
    const { users, members } = this.#settings;
    const { progress } = this.#lab;
    const count = Math.max(users, members);
    progress.step(`cluster: registering ${count} people`);
    const people = await registerPeople(this.#cluster.httpUrl, count, (done) => progress.now(`${done} of ${count}`));
    const pairs = await this.#chats(people.slice(0, users));
    const found = [await this.#direct(people, pairs), await this.#opens(people, pairs), await this.#group(people)];
    const errors = this.#cluster.errors();
    return joinFindings([
      ...found,
      { figures: [], charts: [], runs: { 'cluster.errors': errors }, broken: [], doubtful: errors },
    ]);
  }

  /** One who is at the first server writes to one who is at the second. */
  async #chats(people: Person[]): Promise<Stream[]> {
    const streams: Stream[] = [];
    for (let i = 0; i + 1 < people.length; i += 2) {
      const [one, other] = [people[i], people[i + 1]];
      if (one === undefined || other === undefined) break;
      const conversationId = await startChat(this.#cluster.httpUrl, one, other);
      streams.push({ kind: 'direct', client: i, conversationId, to: other.username });
    }
    return streams;
  }

  async #direct(people: Person[], streams: Stream[]): Promise<Findings> {
    const { rate, highRate, inFlight, users } = this.#settings;
    const some = people.slice(0, users);
    const run = (what: string, pace: Pace) => this.#run(`one-to-one, ${what}`, this.#plan(some, streams, pace));
    await this.#run('warming up', {
      ...this.#plan(some, streams, { kind: 'rate', perS: highRate }),
      measureMs: FIRST_WARM_UP_S * 1_000,
    });
    const idle = await run(`${IDLE_RATE_PER_S}/s`, { kind: 'rate', perS: IDLE_RATE_PER_S });
    const steady = await run(`${rate}/s`, { kind: 'rate', perS: rate });
    const high = await run(`${highRate}/s`, { kind: 'rate', perS: highRate });
    const saturated = await run('saturated', { kind: 'window', inFlight });
    const runs = { 'cluster.idle': idle, 'cluster.steady': steady, 'cluster.high': high, 'cluster.saturated': saturated };
    return {
      figures: [
        ...latencyFigures('cluster.idle', `one-to-one across servers, idle (${IDLE_RATE_PER_S}/s)`, idle),
        ...latencyFigures('cluster.steady', `one-to-one across servers at ${rate}/s`, steady),
        ...latencyFigures('cluster.high', `one-to-one across servers at ${highRate}/s`, high),
        cpuFigure('cluster.high.cpu', `… at ${highRate}/s: CPU of our processes per message`, high),
        {
          id: 'cluster.saturated.per-s',
          name: `one-to-one across servers, saturated by ${streams.length} senders: messages`,
          value: perS(saturated),
          unit: '/s',
          note: `p99 ${saturated.load.endToEnd.p99.toFixed(0)} ms; ${loadNote(saturated)}`,
        },
        cpuFigure('cluster.saturated.cpu', '… saturated: CPU of our processes per message', saturated),
        ...countFigures('cluster.saturated', saturated),
      ],
      charts: [
        latencyCurve(`one-to-one across servers at ${rate}/s`, steady.load),
        cpuSplit(`CPU per message at ${highRate}/s`, high),
        deliveriesOverTime('one-to-one across servers, saturated', saturated.load),
      ],
      runs,
      ...faultsOf(runs),
    };
  }

  async #group(people: Person[]): Promise<Findings> {
    const { members } = this.#settings;
    const some = people.slice(0, members);
    const groupId = await createGroup(this.#cluster.httpUrl, some);
    const stream: Stream = { kind: 'group', client: 0, conversationId: groupId, to: '' };
    const measured = await this.#run(
      `group of ${members}, ${GROUP_RATE_PER_S}/s`,
      this.#plan(some, [stream], { kind: 'rate', perS: GROUP_RATE_PER_S }),
    );
    const runs = { 'cluster.group': measured };
    const name = `group of ${members} across servers at ${GROUP_RATE_PER_S}/s`;
    return {
      figures: [
        ...latencyFigures('cluster.group', name, measured),
        cpuFigure('cluster.group.cpu', `… CPU of our processes per delivery`, measured),
      ],
      charts: [latencyCurve(name, measured.load)],
      runs,
      ...faultsOf(runs),
    };
  }

  /** Talk in chats and small groups, and everybody opens what something came in, soon after. */
  async #opens(people: Person[], pairs: Stream[]): Promise<Findings> {
    const groups: Stream[] = [];
    for (let n = 0; n < OPENS_GROUPS; n++) {
      const some = people.slice(n * OPENS_GROUP_MEMBERS, (n + 1) * OPENS_GROUP_MEMBERS);
      if (some.length < 2) break;
      const conversationId = await createGroup(this.#cluster.httpUrl, some);
      groups.push({ kind: 'group', client: n * OPENS_GROUP_MEMBERS, conversationId, to: '' });
    }
    const pace: Pace = { kind: 'rate', perS: OPENS_RATE_PER_S };
    const streams = [...pairs, ...groups];
    const plan = this.#plan(people.slice(0, this.#settings.users), streams, pace);
    const measured = await this.#run('opening conversations', {
      ...plan,
      openWithinMs: OPEN_WITHIN_MS,
      warmUpMs: OPENS_WARM_UP_MS,
      measureMs: OPENS_LONGER * plan.measureMs,
    });
    const runs = { 'cluster.opens': measured };
    return { figures: opensFigures(measured), charts: [], runs, ...faultsOf(runs) };
  }

  #run(what: string, plan: Plan): Promise<MeasuredClusterLoad> {
    this.#lab.progress.step(`cluster: ${what}, ${plan.measureMs / 1_000} s`);
    return measureClusterLoad(this.#meter, plan, this.#lab.progress);
  }

  #plan(people: Person[], streams: Stream[], pace: Pace): Plan {
    return clusterPlan(this.#cluster, { people, streams }, this.#settings, pace);
  }
}

const perS = ({ load }: MeasuredClusterLoad) => load.window.delivered / (load.window.ms / 1_000);

function latencyFigures(id: string, name: string, measured: MeasuredClusterLoad): Figure[] {
  const { p50, p99, p999, max } = measured.load.endToEnd;
  const offered = `${perS(measured).toFixed(0)} deliveries/s; ${loadNote(measured)}`;
  return [
    { id: `${id}.p50`, name: `${name}: end to end, p50`, value: p50, unit: 'ms', note: offered },
    {
      id: `${id}.p99`,
      name: `${name}: end to end, p99`,
      value: p99,
      unit: 'ms',
      note: `p99.9 ${p999.toFixed(1)}, max ${max.toFixed(1)} ms`,
    },
  ];
}
