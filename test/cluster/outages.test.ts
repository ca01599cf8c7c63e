import { CLOSE_CODES } from '@parley/protocol';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Account } from '../world/accounts.js';
import { call } from '../world/http.js';
import { archived, metric } from '../world/metrics.js';
import { cassandraByCable, ownRedis, ownSentinel, redisByCable } from '../world/outage.js';
import { chatOf, pairOn, talking } from '../world/pair.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { spawnServers } from '../world/process.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { until } from '../world/until.js';

const HEARTBEAT_MS = 2_000;
/** D4. */
const HEALED_MS = 10_000;

/* What goes on while a service does not: Ann and Bob are on different servers. */

async function serverWith(env: Record<string, string>): Promise<RunningServer> {
  const server = await startServer(env);
  onTestFinished(() => server.remove());
  return server;
}

describe('Redis', () => {
  test('D4 R9 emptied under traffic: Bob has everything, once and in order, without a reconnect', async () => {
    const redis = await ownRedis();
    onTestFinished(() => redis.remove());
    const pair = await pairOn(await serverWith({ REDIS_URL: redis.url }));
    const operator = new Redis(redis.url);
    onTestFinished(() => operator.disconnect());
    const states: string[] = [];
    pair.bobs.on('state', ({ name }) => states.push(name));
    const talk = talking(pair);
    for (let times = 0; times < 3; times++) {
      await operator.flushall();
      const before = shown(chatOf(pair)).length;
      await until('Bob goes on to receive', () => shown(chatOf(pair)).length > before + 20, 12_000);
    }
    await shows(pair.bobs, () => chatOf(pair), await talk.stop(), 12_000);
    expect(states).toEqual([]);
    await agreesWithFresh(pair.bob, pair.bobs);
  });

  test('D11 R9 killed under traffic: sending goes on, Bob has everything within ten seconds; live again once it is back', async () => {
    const redis = await ownRedis();
    onTestFinished(() => redis.remove());
    const server = await serverWith({ REDIS_URL: redis.url });
    const pair = await pairOn(server);
    const talk = talking(pair);
    await redis.kill('SIGKILL');
    const sentAt = pair.anns.chatWith(pair.bob.username)?.lastSeq ?? 0;
    await until('Ann goes on to send', () => (pair.anns.chatWith(pair.bob.username)?.lastSeq ?? 0) > sentAt + 50);
    await shows(pair.bobs, () => chatOf(pair), await talk.stop(), 12_000);
    const [first] = server.nodes;
    expect((await call(first?.http ?? '', 'GET', '/health/ready')).status).toBe(200);
    await redis.restart();
    const again = talking(pair);
    await until(
      'the relay is back: Bob receives at once',
      async () => {
        const seq = (await pair.anns.sendTo(pair.bob.username, 'now').sent).seq;
        return until('it comes live', () => (chatOf(pair)?.lastSeq ?? 0) >= seq, 500).catch(() => false);
      },
      20_000,
    );
    await again.stop();
    await agreesWithFresh(pair.bob, pair.bobs);
  });

  test('R23 away while a session is ended: its socket on another server ends within a heartbeat all the same', async () => {
    const redis = await ownRedis();
    onTestFinished(() => redis.remove());
    const server = await serverWith({ REDIS_URL: redis.url, HEARTBEAT_S: String(HEARTBEAT_MS / 1_000) });
    const [one, two] = server.nodes;
    const bob = await Account.register(server, 'bob');
    const phone = await bob.signInAgain();
    const [kept, lost] = await Promise.all([bob, phone].map(({ token }) => RawClient.connect(two?.chat ?? '', token)));
    onTestFinished(() => [kept, lost].forEach((client) => client?.socket.terminate()));
    await redis.kill('SIGKILL');
    const askedAt = performance.now();
    const revoked = await call(one?.http ?? '', 'DELETE', `/me/sessions/${phone.sessionId}`, { token: bob.token });
    expect(revoked.status).toBe(204);
    expect((await lost?.ended())?.code).toBe(CLOSE_CODES.session_ended.code);
    expect(performance.now() - askedAt).toBeLessThan(2 * HEARTBEAT_MS);
    expect(kept?.closed).toBeNull();
  });

  test('D4 D11 R9 failed over under traffic to a replica that has nothing: healed within ten seconds, without a reconnect', async () => {
    const redis = await ownSentinel();
    onTestFinished(() => redis.remove());
    const pair = await pairOn(await serverWith({ ...redis.env, REDIS_URL: '' }));
    const states: string[] = [];
    pair.bobs.on('state', ({ name }) => states.push(name));
    const talk = talking(pair);
    await until('they talk', () => shown(chatOf(pair)).length > 20);
    const replica = new Redis(redis.replicaUrl);
    onTestFinished(() => replica.disconnect());
    await redis.primary.kill('SIGKILL');
    // A replica that lagged is the worst that a failover may promote: one that has nothing lags most.
    await until('the replica is the primary', async () => (await redis.currentUrl()) === redis.replicaUrl, 20_000);
    await replica.flushall();
    const said = talk.said.length;
    const deadline = performance.now() + HEALED_MS;
    await until('Bob has what was said by then', () => shown(chatOf(pair)).length >= said, HEALED_MS);
    await until(
      'the relay is back: Bob receives at once',
      async () => {
        const seq = (await pair.anns.sendTo(pair.bob.username, 'now').sent).seq;
        return until('it comes live', () => (chatOf(pair)?.lastSeq ?? 0) >= seq, 500).catch(() => false);
      },
      deadline - performance.now(),
    );
    await talk.stop();
    expect(states).toEqual([]);
    await agreesWithFresh(pair.bob, pair.bobs);
  });

  test('R20 away for one server only: what it could not tell of cursors is looked up on the others, without a reconnect', async () => {
    const { cable, env } = await redisByCable();
    onTestFinished(() => cable.remove());
    const servers = await spawnServers(env, {});
    const pair = await pairOn(servers);
    const annsLaptop = await pair.ann.device({ chatUrl: servers.nodes[1]?.chat ?? '' });
    const states: string[] = [];
    for (const device of [pair.bobs, annsLaptop]) device.on('state', ({ name }) => states.push(name));
    await pair.bobs.sendTo(pair.ann.username, 'there?').sent;
    const annsChat = await until('Ann has it', () => {
      const chat = pair.anns.chatWith(pair.bob.username);
      return shown(chat).length === 2 ? chat : null;
    });
    await agreesWithFresh(pair.bob, pair.bobs);
    expect(annsLaptop.chatWith(pair.bob.username)?.unread).toBe(1);

    await cable.unplug();
    annsChat.markRead();
    const [cutOff] = servers.nodes;
    await until('the receipt is lost', async () => (await metric(cutOff?.http ?? '', 'ephemerals_dropped_total')) > 0);
    await cable.plug();
    await agreesWithFresh(pair.bob, pair.bobs);
    await agreesWithFresh(pair.ann, annsLaptop);
    expect(annsLaptop.chatWith(pair.bob.username)?.unread).toBe(0);
    expect(states).toEqual([]);
  });
});

describe('Cassandra', () => {
  test('D11 away under traffic: sending and the newest history go on; when it is back, all of it is archived', async () => {
    const { cable, env } = await cassandraByCable();
    onTestFinished(() => cable.remove());
    const server = await serverWith(env);
    const pair = await pairOn(server);
    const talk = talking(pair);
    cable.freeze();
    const from = shown(chatOf(pair)).length;
    await until('Bob goes on to receive', () => shown(chatOf(pair)).length > from + 300, 20_000);
    const fresh = await pair.bob.device();
    await fresh.chatWith(pair.ann.username)?.timeline.open();
    expect(shown(fresh.chatWith(pair.ann.username)).length).toBeGreaterThan(0);
    cable.thaw();
    const said = await talk.stop();
    await shows(pair.bobs, () => chatOf(pair), said);
    await archived(server.nodes);
  });
});
