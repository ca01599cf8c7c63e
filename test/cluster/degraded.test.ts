import { describe, expect, test } from 'vitest';
import type { ServerEvent } from '@parley/protocol';
import { ATTEMPT_TIMEOUT_MS } from '../../server/src/cluster/cassandra/connect.js';
import type { Cable } from '../world/cable.js';
import { call } from '../world/http.js';
import { HEALED_MS, Installation, p99, RAW_EVERY_MS, USUAL_P99_MS, wait } from '../world/installation.js';
import { chatOf } from '../world/pair.js';
import { Person } from '../world/people.js';
import { until } from '../world/until.js';

/*
 * Each store stopped for 30 seconds, and slow for 30, under traffic: six installations of two servers each, at the same
 * time, for none disturbs another. Stopped is, for one half, a machine that says nothing any more, and for the other a
 * process that is not there.
 */

const FAULT_MS = 30_000;
const ANSWERS_AFTER_MS = ATTEMPT_TIMEOUT_MS;
const LONG = { timeout: 120_000 };

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
      for (const { answer } of it.sentIn(from)) expect(isAnswered(answer)).toBe(true);
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
      it.cable.slow(0);
      await it.isWellAgain();
      const during = it.sentIn(from + 1_000, from + FAULT_MS - HEALED_MS);
      expect(during.length).toBeGreaterThan(20);
      for (const { answer, ms } of during) {
        expect(isAnswered(answer)).toBe(true);
        expect(ms).toBeLessThan(HEALED_MS);
      }
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
        const to = performance.now();
        await end(it.cable);
        await it.isWellAgain();
        goesOn(it, from, to);
        // Whatever waits for Cassandra waits this long: stopped, until its driver gives up; slow, until it answers.
        expect(it.longestIn(from, to)).toBeLessThan(ANSWERS_AFTER_MS);
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
        const to = performance.now();
        await end(it.cable);
        await it.isWellAgain();
        goesOn(it, from, to);
        expect(it.longestIn(from, to)).toBeLessThan(HEALED_MS);
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

/** Sends are accepted as ever, but for what was under way when it began. */
function goesOn(it: Installation, from: number, to: number): void {
  const during = it.sentIn(from, to);
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

const isAnswered = (answer: ServerEvent) =>
  answer.type === 'SUCCESS' || (answer.type === 'ERROR' && answer.code === 'overloaded' && answer.retryable);

/** So long after `from`. */
const passed = (from: number, ms: number) => wait(Math.max(0, from + ms - performance.now()));
