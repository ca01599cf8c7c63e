import type { http, ServerEvent } from '@parley/protocol';
import { expect, type TestContext } from 'vitest';
import type { Cable } from './cable.js';
import { call } from './http.js';
import { archived, metric } from './metrics.js';
import { cassandraByCable, postgresByCable, redisByCable } from './outage.js';
import { chatOf, pairOn, talking, type Pair } from './pair.js';
import { agreesWithFresh, shown, shows } from './people.js';
import { RawClient } from './raw-client.js';
import { startServer, type RunningServer } from './server.js';
import { upTo } from './talk.js';
import { until } from './until.js';
import { wholeLog } from './whole-log.js';

const ANN_EVERY_MS = 100;
export const RAW_EVERY_MS = 250;
/** As long as it takes to see who answers and who does not. */
const USUAL_MS = 2_000;
const AFTERWARDS_MS = 4_000;
/** Longer than any fault. */
const ANSWERED_MS = 60_000;
/** D4, R9. */
export const HEALED_MS = 10_000;
export const USUAL_P99_MS = 1_000;
/** Often enough that a connection which is not answered is given up within the fault. */
const HEARTBEAT = { heartbeatIntervalMs: 4_000, heartbeatDeadlineMs: 10_000, backoff: { baseMs: 20, maxMs: 200 } };

const ways = { postgres: postgresByCable, cassandra: cassandraByCable, redis: redisByCable };
type Store = keyof typeof ways;
type AtEnd = TestContext['onTestFinished'];

/** A raw client's message: when it was sent, and how it was answered. */
interface Sent {
  at: number;
  answer: ServerEvent;
  ms: number;
}

/** Two servers with a store that can be cut off, Ann on one and Bob on the other, and what is seen of them. */
export class Installation {
  readonly states: string[] = [];
  /** Of what Bob received: when it came, and how long after its commit. */
  readonly arrivals: { at: number; afterMs: number }[] = [];
  readonly sent: Sent[] = [];
  readonly #asking: Promise<unknown>[] = [];
  readonly #asked: Promise<void>;
  #isOver = false;

  private constructor(
    readonly store: Store,
    readonly cable: Cable,
    readonly server: RunningServer,
    readonly pair: Pair,
    readonly raw: RawClient,
    readonly talk: ReturnType<typeof talking>,
  ) {
    for (const [name, device] of [['ann', pair.anns] as const, ['bob', pair.bobs] as const]) {
      device.on('state', (state) => this.states.push(`${name} ${state.name}`));
    }
    raw.socket.on('close', () => this.states.push('raw closed'));
    pair.bobs.on('message', ({ message }) =>
      this.arrivals.push({ at: performance.now(), afterMs: Date.now() - message.createdAt }),
    );
    this.#asked = this.#ask();
  }

  /** Up, with everybody talking, and working well. */
  static async of(store: Store, atEnd: AtEnd): Promise<Installation> {
    const way = await ways[store]();
    const server = await startServer(way.env);
    atEnd(async () => {
      await mend(way.cable);
      await server.remove();
      await way.cable.remove();
      if ('database' in way) await way.database.drop();
    });
    const pair = await pairOn(server, { atEnd, times: HEARTBEAT });
    const raw = await RawClient.connect(server.nodes[0]?.chat ?? '', pair.ann.token);
    atEnd(() => raw.socket.terminate());
    const installation = new Installation(store, way.cable, server, pair, raw, talking(pair, ANN_EVERY_MS));
    await until('they talk', () => installation.arrivals.length > 10);
    await until('all is as usual', () => installation.#isAsUsual(), 20_000);
    return installation;
  }

  async #isAsUsual(): Promise<boolean> {
    const { status, checks } = await this.health();
    if (status !== 200 || checks[this.store] !== 'ok') return false;
    const since = performance.now();
    await until('more is sent', () => performance.now() - since > USUAL_MS && this.sentIn(since).length > 10);
    return p99(this.sentIn(since).map(({ ms }) => ms)) < USUAL_P99_MS;
  }

  /** What was sent in that time, by the clock of `performance`; all of it only once it `isWellAgain`. */
  sentIn(from: number, to = Number.POSITIVE_INFINITY): Sent[] {
    return this.sent.filter(({ at }) => at >= from && at < to);
  }

  /** The longest that Bob waited for something committed, of what came in that time: and that something did. */
  longestIn(from: number, to = Number.POSITIVE_INFINITY): number {
    const waits = this.arrivals.filter(({ at }) => at >= from && at < to).map(({ afterMs }) => afterMs);
    expect(waits.length).toBeGreaterThan(10);
    return Math.max(...waits);
  }

  async health(): Promise<{ status: number; checks: http.Health['checks']; ms: number }> {
    const askedAt = performance.now();
    const { status, body } = await call<http.Health>(this.server.nodes[0]?.http ?? '', 'GET', '/health/ready');
    return { status, checks: body.checks, ms: performance.now() - askedAt };
  }

  metric(name: string): Promise<number> {
    return metric(this.server.nodes[0]?.http ?? '', name);
  }

  /** A device that was not there, which reads the newest page. */
  async newcomer(): Promise<void> {
    const device = await this.pair.ann.device({ chatUrl: this.server.nodes[0]?.chat ?? '' });
    const chat = device.chatWith(this.pair.bob.username);
    await chat?.timeline.open();
    expect(shown(chat).length).toBeGreaterThan(10);
    await device.close();
  }

  /** It is as it was before, without a restart: nothing is lost or doubled, all is in order, and quick. */
  async isWellAgain(): Promise<void> {
    const { pair, server, states } = this;
    await until(
      'it says so',
      async () => {
        const { status, checks } = await this.health();
        return status === 200 && checks[this.store] === 'ok';
      },
      10_000,
    );
    expect(await this.metric(`part_works{part="${this.store}"}`)).toBe(1);
    await until('what waited is sent', () => pair.anns.outgoing.length < 10, 15_000);
    const since = performance.now();
    await until('they talk on', () => performance.now() - since > AFTERWARDS_MS && this.sentIn(since).length > 10);
    const late = this.sentIn(since);
    expect(late.filter(({ answer }) => answer.type !== 'SUCCESS')).toEqual([]);
    expect(p99(late.map(({ ms }) => ms))).toBeLessThan(USUAL_P99_MS);

    this.#isOver = true;
    const said = await this.talk.stop();
    await this.#asked;
    await Promise.all(this.#asking);
    const all = shown(pair.anns.chatWith(pair.bob.username));
    await shows(pair.bobs, () => chatOf(pair), all, HEALED_MS);
    expect(this.longestIn(since)).toBeLessThan(HEALED_MS);
    const raws = all.filter((content) => content.startsWith('raw '));
    expect(all.filter((content) => !content.startsWith('raw '))).toEqual(said);
    // What was answered with SUCCESS is there once, in order; what was refused is not.
    const accepted = this.sent.flatMap(({ answer }, n) => (answer.type === 'SUCCESS' ? [`raw ${n + 1}`] : []));
    expect(raws).toEqual(accepted);
    expect((await wholeLog(pair.ann.api)).map(({ seq }) => seq)).toEqual(upTo(all.length));
    for (const name of ['commit_queue', 'jobs_dead']) expect(await this.metric(name)).toBe(0);
    await archived(server.nodes);
    expect(states).toEqual([]);
    await agreesWithFresh(pair.bob, pair.bobs);
  }

  /** The raw client sends, whatever becomes of what it sent before. */
  async #ask(): Promise<void> {
    for (let n = 1; !this.#isOver; n++) {
      const at = performance.now();
      this.raw.send({ type: 'ONE_TO_ONE_CHAT', to: this.pair.bob.username, content: `raw ${n}`, requestId: `raw ${n}` });
      const answered = until('it is answered', () => answerTo(this.raw, `raw ${n}`), ANSWERED_MS);
      this.#asking.push(answered.then((answer) => (this.sent[n - 1] = { at, answer, ms: performance.now() - at })));
      await wait(RAW_EVERY_MS);
    }
  }
}

async function mend(cable: Cable): Promise<void> {
  cable.slow(0);
  cable.thaw();
  await cable.plug();
}

function answerTo(raw: RawClient, requestId: string): ServerEvent | undefined {
  return raw.frames.find((frame) => 'requestId' in frame && frame.requestId === requestId);
}

export function p99(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
