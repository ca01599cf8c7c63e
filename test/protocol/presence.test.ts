import { connect } from 'node:net';
import type { EventOf, http } from '@parley/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { metricOfAll } from '../world/metrics.js';
import type { RawClient } from '../world/raw-client.js';
import { groupOf, refused, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const here = venue({ PRESENCE_GRACE_S: '1' });

const befriend = (one: Account, other: Account) => one.call('POST', '/chats', { with: other.username });
const set = (client: RawClient, status: string) => client.askFor('SUCCESS', { type: 'PRESENCE_SET', status });
const watch = (client: RawClient, ...people: Account[]) =>
  client.askFor('SUCCESS', { type: 'PRESENCE_WATCH', usernames: people.map(({ username }) => username) });
/** All that a client was told about somebody, in order. */
const told = (client: RawClient, { username }: Account) =>
  client.of('PRESENCE_UPDATE').filter((event) => event.username === username);
const statuses = (client: RawClient, person: Account) => told(client, person).map(({ status }) => status);
/** Waits until the newest word about somebody is this. */
const shows = (client: RawClient, person: Account, status: string): Promise<EventOf<'PRESENCE_UPDATE'>> =>
  until(`${person.username} is shown ${status}`, () => {
    const newest = told(client, person).at(-1);
    return newest?.status === status && newest;
  });

/** A presence connection that has had its snapshot. */
async function watcher(person: Account): Promise<RawClient> {
  const client = await person.presence();
  await client.next('INFO', ({ code }) => code === 'presence_ready');
  return client;
}

describe('who is there', () => {
  test('P1 W54 on connecting: each friend once, as they are, then that this was all; nobody else', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    for (const friend of [bob, carol]) await befriend(ann, friend);
    const a = await watcher(ann);
    await watcher(bob);
    await watcher(dave);
    await shows(a, bob, 'online');

    const fresh = await watcher(ann);
    const snapshot = fresh.frames.slice(0, 3);
    expect(snapshot.at(-1)).toMatchObject({ type: 'INFO', code: 'presence_ready' });
    expect(Object.fromEntries(fresh.of('PRESENCE_UPDATE').map(({ username, status }) => [username, status]))).toEqual({
      [bob.username]: 'online',
      [carol.username]: 'offline',
    });
    expect(told(fresh, carol)).toMatchObject([{ lastSeen: null }]);
    expect(told(fresh, dave)).toEqual([]);
    expect(told(fresh, ann)).toEqual([]);
  });

  test('P1 W55 online with the first connection of either kind; offline, with when, after the last of any device', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const a = await watcher(ann);
    const phone = await bob.chat();
    const since = (await shows(a, bob, 'online')).lastSeen ?? 0;
    const laptop = await (await bob.signInAgain()).presence();
    await phone.close();
    // Long enough for a wrong word: away and back are told after all that was to be told before.
    await set(laptop, 'away');
    await shows(a, bob, 'away');
    expect(statuses(a, bob)).toEqual(['offline', 'online', 'away']);

    const closedAt = Date.now();
    await laptop.close();
    const { lastSeen } = await shows(a, bob, 'offline');
    expect(Date.now() - closedAt).toBeLessThan(10_000);
    expect(lastSeen).toBeGreaterThanOrEqual(Math.max(closedAt, since));
  });

  test('W58 whoever connects later is told the same lastSeen as those who saw the person go', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const a = await watcher(ann);
    const b = await bob.chat();
    await shows(a, bob, 'online');
    await b.close();
    const { lastSeen } = await shows(a, bob, 'offline');
    expect(told(await watcher(ann), bob)).toMatchObject([{ status: 'offline', lastSeen }]);
  });

  test('W58 P1 a change that a slow connection was not told is told once it reads again', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    for (const friend of [ann, carol]) await befriend(bob, friend);
    const [a, c] = [await watcher(ann), await watcher(carol)];
    const b = await bob.presence();
    await shows(a, bob, 'online');
    const dropped = () => metricOfAll(here.server.nodes, 'frames_dropped_total');
    const before = await dropped();
    a.socket.pause();
    // Answers that she does not read fill her connection, in steps that do not yet end it as slow.
    let status = 'online';
    for (let steps = 0; (await dropped()) === before; steps++) {
      expect(steps).toBeLessThan(30);
      for (const _ of upTo(7_000)) a.send({ type: 'PING', requestId: 'r'.repeat(64) });
      status = status === 'online' ? 'away' : 'online';
      await set(b, status);
      await shows(c, bob, status);
    }
    a.socket.resume();
    // By then all that was sent before has come, of which the last is not this status.
    await a.settle();
    await shows(a, bob, status);
    expect(a.closed).toBeNull();
  });

  test('P1 many reconnects within the grace are no news', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const a = await watcher(ann);
    let connection = await bob.presence();
    await shows(a, bob, 'online');
    for (let i = 0; i < 30; i++) {
      await connection.close();
      connection = i % 2 === 0 ? await bob.chat() : await bob.presence();
    }
    await set(connection, 'away');
    await shows(a, bob, 'away');
    expect(statuses(a, bob)).toEqual(['offline', 'online', 'away']);
  });

  test('P1 W55 away when all of one’s presence connections are, back with one of them', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const a = await watcher(ann);
    const [phone, laptop] = [await bob.presence(), await bob.presence()];
    await shows(a, bob, 'online');
    await set(phone, 'away');
    await set(laptop, 'away');
    await shows(a, bob, 'away');
    await set(phone, 'online');
    await shows(a, bob, 'online');
    await phone.close();
    await shows(a, bob, 'away');
    expect(statuses(a, bob)).toEqual(['offline', 'online', 'away', 'online', 'away']);
  });

  test('P1 a chat that is started makes friends: both see each other from then on', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, b] = [await watcher(ann), await watcher(bob)];
    await befriend(ann, bob);
    await shows(a, bob, 'online');
    await shows(b, ann, 'online');
  });
});

describe('the grace', () => {
  const patient = venue({ PRESENCE_GRACE_S: '60' });

  test('P1 W55 who is gone for longer than changes are gathered, but comes back within the grace, never was', async () => {
    const [ann, bob, carol] = await patient.people('ann', 'bob', 'carol');
    for (const friend of [bob, carol]) await befriend(ann, friend);
    const a = await watcher(ann);
    const phone = await bob.presence();
    await shows(a, bob, 'online');
    await phone.close();
    // Twice as long as changes are gathered.
    const c = await watcher(carol);
    await shows(a, carol, 'online');
    await set(c, 'away');
    await shows(a, carol, 'away');
    await set(await watcher(bob), 'away');
    await shows(a, bob, 'away');
    expect(statuses(a, bob)).toEqual(['offline', 'online', 'away']);
  });
});

describe('invisible', () => {
  test('P1 W57 offline to all, also to who looks already, and lastSeen does not move meanwhile', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    await befriend(ann, bob);
    const groupId = await groupOf(bob, [carol]);
    expect(groupId).not.toBe('');
    const [a, c] = [await watcher(ann), await watcher(carol)];
    await watch(c, bob);
    const b = await watcher(bob);
    for (const client of [a, c]) await shows(client, bob, 'online');
    await set(b, 'invisible');
    const hidSince = (await shows(a, bob, 'offline')).lastSeen;
    expect(hidSince).toEqual(expect.any(Number));
    expect(await shows(c, bob, 'offline')).toMatchObject({ lastSeen: hidSince });

    // More devices, a chat connection, and the last of all leaving: nothing shows.
    const phone = await bob.chat();
    const tablet = await bob.presence();
    const known = [told(a, bob).length, told(c, bob).length];
    for (const client of [phone, tablet, b]) await client.close();
    const dave = (await here.people('dave'))[0];
    await befriend(ann, dave);
    await shows(a, dave, 'offline');
    const d = await watcher(dave);
    await shows(a, dave, 'online');
    await d.close();
    await shows(a, dave, 'offline'); // Bob’s grace was over before.
    expect([told(a, bob).length, told(c, bob).length]).toEqual(known);
    const [seen] = told(await watcher(ann), bob);
    expect(seen).toMatchObject({ status: 'offline' });
    expect([null, hidSince]).toContain(seen?.lastSeen);
  });

  test('P1 W57 is kept over the end of all connections, and ends with `online`', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const first = await watcher(bob);
    await set(first, 'invisible');
    await first.close();
    expect((await bob.call<http.Me>('GET', '/me')).body.invisible).toBe(true);
    const a = await watcher(ann);
    const again = await watcher(bob);
    await again.settle();
    await set(again, 'online');
    await shows(a, bob, 'online');
    expect(statuses(a, bob)).toEqual(['offline', 'online']);
    expect((await bob.call<http.Me>('GET', '/me')).body.invisible).toBe(false);
  });

  test('W57 said over HTTP works on the open connections too', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    await befriend(ann, bob);
    const a = await watcher(ann);
    await watcher(bob);
    await shows(a, bob, 'online');
    await bob.call('PATCH', '/me', { invisible: true });
    await shows(a, bob, 'offline');
    await bob.call('PATCH', '/me', { invisible: false });
    await shows(a, bob, 'online');
  });

  test('P1 W57 said in the same breath as the connection is opened, it holds', async () => {
    const [bob] = await here.people('bob');
    const { hostname, port } = new URL(here.server.addresses.presence);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const upgrade = `GET /?token=${bob.token} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(upgrade), clientFrame('{"type":"PRESENCE_SET","status":"invisible"}')]));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    await until('it is answered', () => answer.includes('"command":"PRESENCE_SET"'));
    expect(answer).toContain('SUCCESS');
    expect((await bob.call<http.Me>('GET', '/me')).body.invisible).toBe(true);
  });
});

describe('looking at people', () => {
  test('P1 W56 with whom one shares a group, and nobody else; a refused list changes nothing', async () => {
    const [ann, bob, carol, dave] = await here.people('ann', 'bob', 'carol', 'dave');
    await groupOf(ann, [bob, carol]);
    const a = await watcher(ann);
    await watcher(bob);
    await watch(a, bob);
    await shows(a, bob, 'online');
    for (const usernames of [[dave.username], ['nobody'], [bob.username, dave.username]]) {
      expect(await refused(a, 'not_allowed', { type: 'PRESENCE_WATCH', usernames })).toMatchObject({
        field: `usernames.${usernames.length - 1}`,
        retryable: false,
      });
    }
    expect(told(a, dave)).toEqual([]);
    await watch(a, bob, carol);
    await shows(a, carol, 'offline');
  });

  test('W56 a new list replaces the old one; friends stay', async () => {
    const [ann, bob, carol, friend] = await here.people('ann', 'bob', 'carol', 'friend');
    await befriend(ann, friend);
    await groupOf(ann, [bob, carol]);
    const a = await watcher(ann);
    await watch(a, bob);
    await watch(a, carol);
    const known = told(a, bob).length;
    await watcher(bob);
    await watcher(carol);
    await shows(a, carol, 'online');
    await watch(a);
    await watcher(friend);
    await shows(a, friend, 'online');
    expect(told(a, bob)).toHaveLength(known);
  });

  test('P1 D7 ends when the group that they shared is left: told offline once, and nothing after', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    const groupId = await groupOf(ann, [bob]);
    await befriend(ann, carol);
    const a = await watcher(ann);
    await watch(a, bob);
    const b = await watcher(bob);
    await shows(a, bob, 'online');
    await bob.call('POST', `/groups/${groupId}/leave`);
    await shows(a, bob, 'offline');
    const known = told(a, bob).length;
    await set(b, 'away');
    await watcher(carol);
    await shows(a, carol, 'online');
    expect(told(a, bob).slice(known)).toEqual([]);
  });

  test('P1 goes on after one shared group is left, while there is another', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [first] = [await groupOf(ann, [bob]), await groupOf(ann, [bob])];
    const a = await watcher(ann);
    await watch(a, bob);
    await bob.call('POST', `/groups/${first}/leave`);
    await watcher(bob);
    await shows(a, bob, 'online');
  });

  test('D9 W56 200 at a time', async () => {
    const [ann] = await here.people('ann');
    const a = await watcher(ann);
    const usernames = Array.from({ length: 201 }, (_, i) => `user${i}`);
    expect(await refused(a, 'invalid_field', { type: 'PRESENCE_WATCH', usernames })).toMatchObject({ field: 'usernames' });
  });
});

/** A text frame as clients send it: masked, here with zeros. */
function clientFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
