import { HEAL_MS, LOAD_FROM_MS } from './phases.js';
import type { Run } from './run.js';

type Fault = (run: Run) => void;

const FIRST_MS = LOAD_FROM_MS + 1_500;
const KINDS_MIN = 2;
const KINDS_MAX = 5;
const TIMES_MAX = 3;

/** After a while, but while there are faults at all. */
function later({ time, chance }: Run, minMs: number, maxMs: number, undo: () => void): void {
  time.after(Math.min(chance.between(minMs, maxMs), Math.max(0, HEAL_MS - 100 - time.now())), undo);
}

const server = ({ chance, servers }: Run) => chance.pick(servers);

/** What can go wrong. Each seed has a few kinds of it: all at once would hide what one of them alone shows. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a server is killed': (run) => {
    const { process } = server(run);
    if (process.state === 'dead') return;
    const isTold = run.chance.happens(0.7);
    process.kill();
    run.place.network.lose(process, isTold);
    run.startServer(process.name, run.chance.between(500, 8_000));
  },
  'a server is stopped': (run) => {
    const { process } = server(run);
    process.stop();
    later(run, 500, 12_000, () => process.goOn());
  },
  'a server is drained': (run) => {
    const stopping = server(run);
    const { process } = stopping;
    if (process.state !== 'runs' || stopping.wired === null) return;
    run.startServer(process.name, run.chance.between(4_000, 8_000));
    void stopping.close().catch((error: unknown) => run.place.fault(process.name, 'a server could not drain', error));
  },
  'Redis loses all': ({ place }) => place.redis.flushAll(),
  'Redis is away': (run) => {
    const { redis } = run.place;
    if (redis.isDown) return;
    redis.goDown();
    later(run, 300, 9_000, () => redis.isDown && redis.comeBack(redis.data));
  },
  'Redis fails over to a replica that lags': (run) => {
    const { redis } = run.place;
    const replica = redis.data.copy();
    later(run, 100, 3_000, () => {
      if (redis.isDown) return;
      redis.goDown();
      later(run, 100, 1_500, () => redis.isDown && redis.comeBack(replica));
    });
  },
  'streams are trimmed': ({ place }) => place.redis.trimStreams(),
  'groups are forgotten': ({ place }) => place.redis.forgetGroups(),
  'a server and Redis do not reach each other': (run) => {
    const { process } = server(run);
    run.place.redis.darken(process);
    later(run, 500, 10_000, () => run.place.redis.lighten(process));
  },
  "Redis's clock jumps": ({ place, chance }) => place.redis.jump(chance.pick([-2_000, 2_000, 8_000])),
  'PostgreSQL is away': (run) => {
    const { postgres } = run.place;
    if (postgres.isDown) return;
    postgres.goDown();
    later(run, 200, 5_000, () => postgres.comeBack());
  },
  'Cassandra is away': (run) => {
    const { cassandra } = run.place;
    cassandra.isDown = true;
    later(run, 500, 10_000, () => (cassandra.isDown = false));
  },
  'a connection is cut': ({ place, chance }) => {
    const { links } = place.network;
    if (links.length > 0) chance.pick(links).cut();
  },
  'all connections are cut': ({ place }) => {
    for (const link of place.network.links) link.cut();
  },
  'connections go dark': ({ place, chance }) => {
    for (const link of place.network.links) if (chance.happens(0.3)) link.goDark();
  },
  'nobody reaches a server': (run) => {
    const { network } = run.place;
    network.isDown = true;
    for (const link of network.links) link.cut();
    later(run, 300, 4_000, () => (network.isDown = false));
  },
  'a device ends and starts again': (run) => {
    const device = run.chance.pick(run.devices);
    device.kill();
    later(run, 200, 4_000, () => device.start());
  },
  'a device reads slowly': ({ place, chance }) => {
    const { links } = place.network;
    if (links.length > 0) chance.pick(links).bytesPerMs = chance.pick([0.2, 2]);
  },
};

/** The faults of one run. */
export class Faults {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  plan(): void {
    const { chance, time } = this.#run;
    const kinds = Object.keys(FAULTS);
    for (let n = chance.whole(KINDS_MIN, KINDS_MAX); n > 0; n--) {
      const kind = chance.pick(kinds);
      for (let times = chance.whole(1, TIMES_MAX); times > 0; times--) {
        time.after(chance.between(FIRST_MS, HEAL_MS - 500), () => this.#strike(kind));
      }
    }
  }

  /** Everything works again, and stays so. */
  heal(): void {
    const { place, servers, devices } = this.#run;
    const { redis, postgres, cassandra, network } = place;
    if (redis.isDown) redis.comeBack(redis.data);
    redis.lighten();
    postgres.comeBack();
    postgres.options.lostBefore = postgres.options.lostAfter = postgres.options.slow = 0;
    cassandra.calm();
    network.isDown = false;
    for (const link of network.links) if (link.bytesPerMs < Infinity) link.cut();
    for (const { process } of servers) process.goOn();
    for (const device of devices) device.start();
  }

  #strike(kind: string): void {
    this.#run.trace(`fault: ${kind}`);
    this.#run.note(`fault: ${kind}`);
    FAULTS[kind]?.(this.#run);
  }
}
