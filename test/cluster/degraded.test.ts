import type { http, ServerEvent } from '@parley/protocol';
import { describe, expect, test, type TestContext } from 'vitest';
import type { Cable } from '../world/cable.js';
import { call } from '../world/http.js';
import { cassandraByCable, postgresByCable, redisByCable } from '../world/outage.js';
import { chatOf, pairOn, talking, type Pair } from '../world/pair.js';
import { agreesWithFresh, Person, shown, shows } from '../world/people.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { upTo } from '../world/talk.js';
import { until } from '../world/until.js';

/*
 * Each store stopped for 30 seconds, and slow for 30, under traffic: six installations of two servers each, at the same
 * time, for none disturbs another. Stopped is, for one half, a machine that says nothing any more, and for the other a
 * process that is not there.
 */

const FAULT_MS = 30_000;
const ANSWERS_AFTER_MS = 2_000;
const ANN_EVERY_MS = 100;
const RAW_EVERY_MS = 250;
/** As long as it takes to see who answers and who does not. */
const USUAL_MS = 2_000;
const AFTERWARDS_MS = 4_000;
/** D4, R9. */
const HEALED_MS = 10_000;
const USUAL_P99_MS = 1_000;
/** Often enough that a connection which is not answered is given up within the fault. */
const HEARTBEAT = { heartbeatIntervalMs: 4_000, heartbeatDeadlineMs: 10_000, backoff: { baseMs: 20, maxMs: 200 } };

const LONG = { timeout: 120_000 };

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
class Installation {
  readonly states: string[] = [];
  /** Of what Bob received: when it came, and how long after its commit. */
  readonly arrivals: { at: number; afterMs: number }[] = [];
  readonly sent: Sent[] = [];
  readonly #asking: Promise<unknown>[] = [];
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
    this.#asking.push(this.#ask());
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
    const usual = performance.now() + USUAL_MS;
    await until('they talk', () => performance.now() > usual && installation.arrivals.length > 10);
    expect(await installation.health()).toMatchObject({ status: 200, checks: { [store]: 'ok' } });
    expect(p99(installation.sent.map(({ ms }) => ms))).toBeLessThan(USUAL_P99_MS);
    return installation;
  }

  /** What was sent since then, by the clock of `performance`. */
  sentSince(at: number): Sent[] {
    return this.sent.filter((each) => each.at >= at);
  }

  /** The longest that Bob waited for something committed, of what came since then. */
  longestSince(at: number): number {
    return Math.max(...this.arrivals.filter((each) => each.at >= at).map(({ afterMs }) => afterMs));
  }

  async health(): Promise<{ status: number; checks: http.Health['checks']; ms: number }> {
    const askedAt = performance.now();
    const { status, body } = await call<http.Health>(this.server.nodes[0]?.http ?? '', 'GET', '/health/ready');
    return { status, checks: body.checks, ms: performance.now() - askedAt };
  }

  async metric(name: string): Promise<number> {
    const page = await (await fetch(`${this.server.nodes[0]?.http ?? ''}/metrics`)).text();
    return Number(
      page
        .split('\n')
        .find((line) => line.startsWith(`parley_${name} `))
        ?.split(' ')[1],
    );
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
    await until('they talk on', () => performance.now() - since > AFTERWARDS_MS && this.sentSince(since).length > 10);
    const late = this.sentSince(since);
    expect(late.filter(({ answer }) => answer.type !== 'SUCCESS')).toEqual([]);
    expect(p99(late.map(({ ms }) => ms))).toBeLessThan(USUAL_P99_MS);

    this.#isOver = true;
    const said = await this.talk.stop();
    await Promise.all(this.#asking);
    const all = shown(pair.anns.chatWith(pair.bob.username));
    await shows(pair.bobs, () => chatOf(pair), all, HEALED_MS);
    expect(this.longestSince(since)).toBeLessThan(HEALED_MS);
    const raws = all.filter((content) => content.startsWith('raw '));
    expect(all.filter((content) => !content.startsWith('raw '))).toEqual(said);
    // What was answered with SUCCESS is there once, in order; what was refused is not.
    const accepted = this.sent.flatMap(({ answer }, n) => (answer.type === 'SUCCESS' ? [`raw ${n + 1}`] : []));
    expect(raws).toEqual(accepted);
    expect(await seqsOf(pair)).toEqual(upTo(all.length));
    for (const name of ['commit_queue', 'jobs_dead']) expect(await this.metric(name)).toBe(0);
    for (const { http: url } of server.nodes) await until('its entries are archived', () => isArchived(url), 20_000);
    expect(states).toEqual([]);
    await agreesWithFresh(pair.bob, pair.bobs);
  }

  /** The raw client sends, whatever becomes of what it sent before. */
  async #ask(): Promise<void> {
    for (let n = 1; !this.#isOver; n++) {
      const at = performance.now();
      this.raw.send({ type: 'ONE_TO_ONE_CHAT', to: this.pair.bob.username, content: `raw ${n}`, requestId: `raw ${n}` });
      const answered = until('it is answered', () => answerTo(this.raw, `raw ${n}`), 2 * FAULT_MS);
      this.#asking.push(answered.then((answer) => (this.sent[n - 1] = { at, answer, ms: performance.now() - at })));
      await wait(RAW_EVERY_MS);
    }
  }
}

describe.concurrent('D11 under traffic', () => {
  test(
    'PostgreSQL stopped for 30 s: refused for now, soon at once; sockets stay; all recovers by itself',
    LONG,
    async (context) => {
      const it = await Installation.of('postgres', context.onTestFinished);
      const { cable, pair, server } = it;
      const from = performance.now();
      cable.freeze();
      await until('it is not ready', async () => (await it.health()).status === 503, 8_000);
      await passed(from, FAULT_MS / 2);
      await refusesAtOnce(it);
      await cable.unplug();
      cable.thaw();
      await passed(from, FAULT_MS - 2_000);
      await refusesAtOnce(it);
      // Reads that need no check go on.
      expect((await call(server.nodes[0]?.http ?? '', 'GET', '/health/live')).status).toBe(200);
      expect(pair.bobs.chatWith(pair.ann.username)?.timeline.messages.length).toBeGreaterThan(10);
      await passed(from, FAULT_MS);
      await cable.plug();
      await it.isWellAgain();
      for (const { answer } of it.sentSince(from)) expect(isAnswered(answer)).toBe(true);
    },
  );

  test(
    'PostgreSQL slowed to 2 s: each message after its time; ready all along, and says that it is slow',
    LONG,
    async (context) => {
      const it = await Installation.of('postgres', context.onTestFinished);
      const from = performance.now();
      it.cable.slow(ANSWERS_AFTER_MS);
      await until('it is seen', async () => (await it.health()).checks['postgres'] === 'slow', 5_000);
      const seen: number[] = [];
      const checks = new Set<string | undefined>();
      while (performance.now() - from < FAULT_MS) {
        const health = await it.health();
        seen.push(health.status);
        checks.add(health.checks['postgres']);
        expect(health.ms).toBeLessThan(1_500);
        await wait(500);
      }
      expect(new Set(seen)).toEqual(new Set([200]));
      expect([...checks]).not.toContain('failing');
      const during = it.sentSince(from + 1_000).filter(({ at }) => at < from + FAULT_MS - HEALED_MS);
      expect(during.length).toBeGreaterThan(20);
      for (const { answer, ms } of during) {
        expect(isAnswered(answer)).toBe(true);
        expect(ms).toBeLessThan(HEALED_MS);
      }
      it.cable.slow(0);
      await it.isWellAgain();
    },
  );

  for (const [what, begin, end] of [
    ['stopped for 30 s', stop, (cable: Cable) => cable.plug()],
    ['slowed to 2 s', (cable: Cable) => slowly(cable), (cable: Cable) => cable.slow(0)],
  ] as const) {
    test(
      `Cassandra ${what}: sending, delivery and the newest history go on as ever; then all is archived`,
      LONG,
      async (context) => {
        const it = await Installation.of('cassandra', context.onTestFinished);
        const from = performance.now();
        const ending = begin(it.cable);
        await until('it is seen', async () => (await it.health()).checks['cassandra'] === 'failing', 8_000);
        expect((await it.health()).status).toBe(200);
        await passed(from, FAULT_MS - 5_000);
        await it.newcomer();
        expect(await it.health()).toMatchObject({ status: 200, checks: { cassandra: 'failing', postgres: 'ok' } });
        expect(await it.metric('part_works{part="cassandra"}')).toBe(0);
        expect(await it.metric('journal_unarchived')).toBeGreaterThan(100);
        await ending;
        goesOn(it, from);
        expect(it.longestSince(from)).toBeLessThan(USUAL_P99_MS);
        await end(it.cable);
        await it.isWellAgain();
      },
    );

    test(
      `Redis ${what}: sending and history go on, what is live comes by the poll; then at once again`,
      LONG,
      async (context) => {
        const it = await Installation.of('redis', context.onTestFinished);
        const from = performance.now();
        const ending = begin(it.cable);
        await until('it is seen', async () => (await it.health()).checks['redis'] === 'failing', 8_000);
        await passed(from, FAULT_MS - 5_000);
        await it.newcomer();
        expect(await it.health()).toMatchObject({ status: 200, checks: { redis: 'failing', postgres: 'ok' } });
        expect(await it.metric('part_works{part="redis"}')).toBe(0);
        // Nobody's name could be found while the filter, once it is back, lacks it.
        await expect(Person.register(it.server, 'cleo')).rejects.toMatchObject({ code: 'overloaded', retryable: true });
        await ending;
        goesOn(it, from);
        expect(it.longestSince(from)).toBeLessThan(HEALED_MS);
        await end(it.cable);
        await it.isWellAgain();
        await until('they are live again', async () => {
          const { seq } = await it.pair.anns.sendTo(it.pair.bob.username, 'now').sent;
          return until('it comes', () => (chatOf(it.pair)?.lastSeq ?? 0) >= seq, 500).catch(() => false);
        });
      },
    );
  }
});

/** Half of the time nothing is said, then nobody is there. Resolves at its end. */
async function stop(cable: Cable): Promise<void> {
  cable.freeze();
  await wait(FAULT_MS / 2);
  await cable.unplug();
  cable.thaw();
  await wait(FAULT_MS / 2);
}

async function slowly(cable: Cable): Promise<void> {
  cable.slow(ANSWERS_AFTER_MS);
  await wait(FAULT_MS);
}

async function mend(cable: Cable): Promise<void> {
  cable.slow(0);
  cable.thaw();
  await cable.plug();
}

/** Sends are accepted as ever, but for what was under way when it began. */
function goesOn(it: Installation, from: number): void {
  const during = it.sentSince(from);
  expect(during.length).toBeGreaterThan(FAULT_MS / RAW_EVERY_MS / 2);
  expect(during.filter(({ answer }) => answer.type !== 'SUCCESS')).toEqual([]);
  expect(p99(during.map(({ ms }) => ms))).toBeLessThan(USUAL_P99_MS);
}

/** Once it is known that the store is away, nobody waits for it: neither who sends nor who reads. */
async function refusesAtOnce({ pair, raw, server }: Installation): Promise<void> {
  const askedAt = performance.now();
  const sent = await raw.ask({ type: 'ONE_TO_ONE_CHAT', to: pair.bob.username, content: 'no' });
  expect(sent).toMatchObject({ type: 'ERROR', code: 'overloaded', retryable: true });
  expect(await raw.ask({ type: 'INIT_DATA' })).toMatchObject({ type: 'ERROR', code: 'overloaded', retryable: true });
  const search = await call(server.nodes[0]?.http ?? '', 'GET', '/users?prefix=bob&limit=5', { token: pair.ann.token });
  expect(search).toMatchObject({ status: 503, body: { error: { code: 'overloaded' } } });
  expect(performance.now() - askedAt).toBeLessThan(USUAL_P99_MS);
}

function answerTo(raw: RawClient, requestId: string): ServerEvent | undefined {
  return raw.frames.find((frame) => 'requestId' in frame && frame.requestId === requestId);
}

const isAnswered = (answer: ServerEvent) =>
  answer.type === 'SUCCESS' || (answer.type === 'ERROR' && answer.code === 'overloaded' && answer.retryable);

/** The seqs of the whole log, as somebody reads it who was not there. */
async function seqsOf({ ann }: Pair): Promise<number[]> {
  const [chat] = (await ann.api.inbox()).chats;
  const seqs: number[] = [];
  for (let after = 0, more = true; more;) {
    const page = await ann.api.chatHistory(chat?.chatId ?? '', { after, limit: 100 });
    seqs.push(...page.messages.map(({ seq }) => seq));
    after = page.coversTo;
    more = page.hasMore;
  }
  return seqs;
}

async function isArchived(url: string): Promise<boolean> {
  return /^parley_journal_unarchived 0$/m.test(await (await fetch(`${url}/metrics`)).text());
}

function p99(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** So long after `from`. */
const passed = (from: number, ms: number) => wait(Math.max(0, from + ms - performance.now()));
