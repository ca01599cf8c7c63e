import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freshDatabase, freshPrefix } from '../world/fresh.js';
import { Person, shown } from '../world/people.js';
import { startServer } from '../world/server.js';
import { contents, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const MEMBERS = 10_000;
const CONNECTED = 30;
const MESSAGES = 100;

/** Takes in people who have never connected, up to so many members, as a change of the group would: at its next version. */
const fillUp = (groupId: string, members: number) => `
  WITH its AS (
    SELECT * FROM conversations WHERE id = '${groupId}'
  ), people AS (
    INSERT INTO accounts (id, username, username_key, password_hash, admin, invisible, created_at)
    SELECT gen_random_uuid()::text, 'silent-' || n, 'silent-' || n, '', 0, 0, clock_ms()
    FROM generate_series(1, ${members} - (SELECT member_count FROM its)) n
    RETURNING id
  ), joined AS (
    INSERT INTO memberships (conversation_id, user_id, role, joined_seq, joined_at, sent, delivered_seq, read_seq, read_ordinal,
      read_sent, moved_at)
    SELECT its.id, people.id, 'member', its.last_seq, clock_ms(), 0, its.last_seq, its.last_seq, its.last_ordinal, 0, clock_ms()
    FROM people, its
  )
  UPDATE conversations SET member_count = ${members}, members_version = members_version + 1 WHERE id = '${groupId}'`;

test(
  'R12 a group of ten thousand on three servers: each message once to everybody there, as one entry for each other server',
  { timeout: 90_000 },
  async () => {
    const [database, prefix] = [await freshDatabase(), freshPrefix()];
    const server = await startServer({ POSTGRES_URL: database.url, REDIS_PREFIX: prefix }, {}, 3);
    const redis = new Redis(inject('redis') ?? '');
    onTestFinished(async () => {
      redis.disconnect();
      await server.remove();
      await database.drop();
    });
    const people = await Promise.all(upTo(CONNECTED).map((n) => Person.register(server, `member${n}`)));
    const [owner, ...others] = people;
    if (owner === undefined) throw new Error('nobody came');
    const { groupId } = await owner.api.createGroup({ name: 'Everybody', members: others.map(({ username }) => username) });
    await database.run(fillUp(groupId, MEMBERS));

    const devices = await Promise.all(
      people.map((person, n) => person.device({ chatUrl: server.nodes[n % 3]?.chat ?? '', catchUp: 'all' })),
    );
    onTestFinished(async () => void (await Promise.all(people.map((person) => person.leave()))));
    // What was before counts as missed until it is looked at: these rows are not what this is about.
    await Promise.all(devices.map(async (device) => device.conversation(groupId)?.timeline.open()));
    const received = devices.map((device) => {
      const messages: string[] = [];
      device.on('message', ({ message }) => messages.push(message.content));
      return messages;
    });
    const group = devices[0]?.conversation(groupId);
    expect(group?.memberCount).toBe(MEMBERS);

    const before = await entriesAdded(redis, prefix);
    const sent = upTo(MESSAGES).map(async (n) => group?.send(`m${n}`).sent);
    const said = contents((await Promise.all(sent)).flatMap((message) => (message === undefined ? [] : [message])));
    await until('everybody has everything', () => received.every((messages) => messages.length >= MESSAGES), 20_000);
    for (const messages of received) expect(messages).toEqual(said);

    const after = await entriesAdded(redis, prefix);
    // Each of the two servers where the sender is not has one entry for each message at most, whoever is there: those that
    // go there in one turn of the loop share one.
    const added = after.map((count, n) => count - (before[n] ?? 0)).sort((a, b) => a - b);
    expect(added[0]).toBe(0);
    for (const count of added.slice(1)) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(MESSAGES);
    }
    await until('nobody has an offline row: those who are here have acknowledged, the others never had one', async () => {
      expect(await database.rows('SELECT user_id FROM offline_messages')).toEqual([]);
      return true;
    });

    // Whoever comes later is owed all of it by their cursor.
    const [late] = others;
    await late?.leave();
    const fresh = await late?.device();
    await fresh?.conversation(groupId)?.timeline.open();
    expect(shown(fresh?.conversation(groupId) ?? null)).toEqual(said);
  },
);

/** How many entries each server's stream has ever had, in the order of their names. */
async function entriesAdded(redis: Redis, prefix: string): Promise<number[]> {
  const streams = (await redis.keys(`${prefix}stream:*`)).sort();
  return Promise.all(
    streams.map(async (stream) => {
      const info = (await redis.call('XINFO', 'STREAM', stream)) as unknown[];
      return Number(info[info.indexOf('entries-added') + 1]);
    }),
  );
}
