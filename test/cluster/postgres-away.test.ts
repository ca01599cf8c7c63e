import { expect, onTestFinished, test } from 'vitest';
import { call } from '../world/http.js';
import { postgresByCable } from '../world/outage.js';
import { chatOf, pairOn, talking, type Pair } from '../world/pair.js';
import { agreesWithFresh, shows } from '../world/people.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { contents, upTo } from '../world/talk.js';
import { until } from '../world/until.js';
import { wholeLog } from '../world/whole-log.js';

const EVERY_MS = 10;

/** Two servers whose way to PostgreSQL can be cut, with Ann on one and Bob on the other. */
async function onACable() {
  const { cable, database, env } = await postgresByCable();
  const server = await startServer(env);
  onTestFinished(async () => {
    cable.thaw();
    await server.remove();
    await cable.remove();
    await database.drop();
  });
  const pair = await pairOn(server);
  const raw = await RawClient.connect(server.nodes[0]?.chat ?? '', pair.ann.token);
  onTestFinished(() => raw.socket.terminate());
  return { cable, database, server, pair, raw, states: statesOf(pair), say: sayer(raw, pair) };
}

/** Every state that one of the two connections comes into. */
function statesOf({ anns, bobs }: Pair): string[] {
  const states: string[] = [];
  anns.on('state', ({ name }) => states.push(`ann ${name}`));
  bobs.on('state', ({ name }) => states.push(`bob ${name}`));
  return states;
}

const sayer =
  (raw: RawClient, { bob }: Pair) =>
  (content: string) =>
    raw.ask({ type: 'ONE_TO_ONE_CHAT', to: bob.username, content });

const isReady = async ({ nodes }: RunningServer) => (await call(nodes[0]?.http ?? '', 'GET', '/health/ready')).status;

test(
  'D11 R7 R1 PostgreSQL gone for six seconds under traffic: sends are refused for now, sockets stay, nothing is lost or doubled',
  { timeout: 60_000 },
  async () => {
    const { cable, server, pair, say, states } = await onACable();
    const talk = talking(pair, EVERY_MS);
    await until('they talk', () => talk.said.length > 50);
    expect(await isReady(server)).toBe(200);

    cable.freeze();
    await until('it is known', async () => (await isReady(server)) === 503, 8_000);
    // What is under way waits for what became of it; what comes now is refused before it is accepted.
    cable.cut();
    const refusal = await until('a send is refused', async () => {
      const answer = await say('only if you can');
      return answer.type === 'ERROR' && answer;
    });
    expect(refusal).toMatchObject({ code: 'overloaded', retryable: true });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await isReady(server)).toBe(503);

    cable.thaw();
    await until('it is ready again', async () => (await isReady(server)) === 200, 5_000);
    const again = talk.said.length;
    await until('they talk again', () => talk.said.length > again + 50);
    const said = await talk.stop();
    const log = await wholeLog(pair.ann.api);
    // The raw client may have been answered with SUCCESS before the first refusal; all else is Ann's talk, in order.
    expect(contents(log).filter((content) => content !== 'only if you can')).toEqual(said);
    expect(log.map(({ seq }) => seq)).toEqual(upTo(log.length));
    await shows(pair.bobs, () => chatOf(pair), contents(log));
    expect(states).toEqual([]);
    await agreesWithFresh(pair.bob, pair.bobs);
  },
);

test('D11 R1 all of its backends killed again and again under traffic: nobody is refused anything', async () => {
  const { database, pair, states, say } = await onACable();
  const talk = talking(pair, EVERY_MS);
  const answers = [];
  for (let round = 0; round < 5; round++) {
    const from = talk.said.length;
    const asked = upTo(20).map((n) => say(`raw ${round}.${n}`));
    await database.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parley'`,
    );
    answers.push(...(await Promise.all(asked)));
    await until('they talk on', () => talk.said.length > from + 20);
  }
  const said = await talk.stop();
  expect(answers.filter(({ type }) => type !== 'SUCCESS')).toEqual([]);
  const log = contents(await wholeLog(pair.ann.api));
  expect(log.filter((content) => !content.startsWith('raw'))).toEqual(said);
  expect(log.filter((content) => content.startsWith('raw'))).toEqual(
    upTo(5).flatMap((round) => upTo(20).map((n) => `raw ${round - 1}.${n}`)),
  );
  await shows(pair.bobs, () => chatOf(pair), log);
  expect(states).toEqual([]);
});

test('D11 connections that a network forgot are given up, each once, whatever they were for', async () => {
  const { cable, server, pair, states } = await onACable();
  const [node] = server.nodes;
  const search = () => call(node?.http ?? '', 'GET', '/users?prefix=bob&limit=5', { token: pair.ann.token });
  const searches = async () => (await Promise.all(upTo(8).map(search))).map(({ status }) => status);
  expect(new Set(await searches())).toEqual(new Set([200]));
  cable.forget();
  const sent = pair.anns.sendTo(pair.bob.username, 'over a new one').sent;
  await searches();
  expect(await searches()).toEqual(upTo(8).map(() => 200));
  await sent;
  await shows(pair.bobs, () => chatOf(pair), ['hello', 'over a new one']);
  expect(states).toEqual([]);
});
