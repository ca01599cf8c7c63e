import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ParleyApi } from '@parley/client/node';
import type { Environment } from '@parley/server';
import { expect, onTestFinished, test } from 'vitest';
import { withCassandra } from '../../backing/src/answers.js';
import { fillFilter } from '../../server/src/cluster/known-accounts.js';
import { openRedisNode } from '../../server/src/cluster/redis/open.js';
import { processRuntime } from '../../server/src/host/runtime.js';
import { killed, reportOf, run, withFolder } from '../tools/tool.js';
import { Account } from '../world/accounts.js';
import { freshKeyspace } from '../world/fresh.js';
import { metric } from '../world/metrics.js';
import { failedStart } from '../world/process.js';
import { freshServices } from '../world/profile.js';
import type { RawClient } from '../world/raw-client.js';
import { startServer, type Reachable, type RunningServer } from '../world/server.js';
import { contents, groupHistory, groupOf, history, inbox, refused, say, sayIn, seqs, unread, upTo } from '../world/talk.js';
import { until } from '../world/until.js';

const JWT_SECRET = 'the same secret in the old place and in the new';
/** Of one conversation: more than one part of an export, and several partitions of the archive. */
const MANY = 5_200;

/** A cluster with databases of its own, which nobody has used. */
async function freshCluster(): Promise<Environment> {
  const services = await freshServices();
  const keyspace = freshKeyspace();
  const env: Environment = { ...services.env, CASSANDRA_KEYSPACE: keyspace, JWT_SECRET };
  onTestFinished(async () => {
    await services.drop();
    const address = { contactPoints: env['CASSANDRA_CONTACT_POINTS'] ?? '', dataCenter: env['CASSANDRA_DATA_CENTER'] ?? '' };
    await withCassandra(address, (client) => client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`));
  });
  return env;
}

async function started(env: Environment, count: number): Promise<RunningServer> {
  const server = await startServer(env, {}, count);
  onTestFinished(() => server.remove());
  return server;
}

/** Somebody sends a great many messages, a hundred at a time. */
async function sayMany(client: RawClient, to: Account): Promise<void> {
  const before = client.of('SUCCESS').length;
  for (let sent = 0; sent < MANY;) {
    for (const end = sent + 100; sent < end; sent++)
      client.send({ type: 'ONE_TO_ONE_CHAT', to: to.username, content: `message ${sent + 1} ${'…'.repeat(sent % 50)}` });
    await until('they are stored', () => client.of('SUCCESS').length === before + sent);
  }
}

type Page = Awaited<ReturnType<ParleyApi['chatHistory']>> | Awaited<ReturnType<ParleyApi['groupHistory']>>;

/** All that somebody is told of what there is. */
async function told(url: string, token: string) {
  const api = new ParleyApi({ url, token });
  const { chats, groups } = await api.inbox({ limit: 100 });
  const logs: Record<string, unknown[]> = {};
  for (const { chatId } of chats) logs[chatId] = await wholeLog((query) => api.chatHistory(chatId, query));
  for (const { groupId } of groups) logs[groupId] = await wholeLog((query) => api.groupHistory(groupId, query));
  const members = await Promise.all(groups.map(({ groupId }) => api.members(groupId)));
  const sessions = (await api.sessions()).map(({ lastUsedAt: _, ...session }) => session);
  const [blocks, friends, me] = [await api.blocks(), await api.friends(), await api.me()];
  return { chats, groups, logs, members, sessions, blocks, friends, me };
}

/** Page by page, from the newest to the oldest. */
async function wholeLog(read: (query: { before?: number; limit: number }) => Promise<Page>): Promise<unknown[]> {
  const pages: Page[] = [];
  for (let page = await read({ limit: 100 }); ; page = await read({ limit: 100, before: page.coversFrom })) {
    pages.unshift(page);
    if (!page.hasMore) break;
  }
  return pages.flatMap(({ messages, events }) => [...messages, ...events].sort((a, b) => a.seq - b.seq));
}

test(
  'R26 an embedded installation moves to a cluster, by an import that is killed again and again: all is as it was, and goes on',
  { timeout: 180_000 },
  async () => {
    const old = await started({ PROFILE: 'embedded', JWT_SECRET }, 1);
    // Everybody is where the addresses lead, which is later another place.
    let place: Reachable = old;
    const anywhere: Reachable = {
      get addresses() {
        return place.addresses;
      },
      get nodes() {
        return place.nodes;
      },
    };
    const meet = (name: string) => Account.register(anywhere, name);
    const people = [await meet('ann'), await meet('bob'), await meet('carol'), await meet('dave')] as const;
    const [ann, bob, carol, dave] = people;

    const [anns, bobs, carols] = [await ann.chat(), await bob.chat(), await carol.chat()];
    const first = await say(anns, bob, 'hello', { clientMessageId: 'the-first-of-ann' });
    const chatId = first.chatId ?? '';
    const [second, third] = [await say(anns, bob, 'second'), await say(anns, bob, 'third')];
    await say(bobs, ann, 'fourth', { clientMessageId: 'the-first-of-bob' });
    for (const content of ['zecond', 'edited'])
      await anns.askFor('SUCCESS', { type: 'EDIT_MESSAGE', chatId, seq: second.seq, messageId: second.messageId, content });
    const target = { chatId, seq: third.seq, messageId: third.messageId };
    await anns.askFor('SUCCESS', { type: 'EDIT_MESSAGE', ...target, content: 'something to hide' });
    await anns.askFor('SUCCESS', { type: 'DELETE_MESSAGE', ...target });
    await bobs.askFor('SUCCESS', { type: 'READ', chatId, upTo: 2 });

    await say(bobs, dave, 'are you there?');
    await say(bobs, dave, 'Dave?');

    const groupId = await groupOf(ann, [bob, carol], { visibility: 'joined' });
    await sayIn(anns, groupId, 'who climbs on Saturday?');
    await sayIn(carols, groupId, 'not me');
    await carols.askFor('SUCCESS', { type: 'LEAVE_GROUP', groupId });
    await ann.call('PATCH', `/groups/${groupId}`, { name: 'Ünïcödé 🧗🏽‍♀️', access: 'invite' });
    await ann.call('POST', `/groups/${groupId}/members`, { username: dave.username });
    await sayIn(bobs, groupId, 'Dave does');

    await say(carols, ann, 'listen');
    await carol.call('PUT', `/me/blocks/${ann.username}`);
    await sayMany(carols, bob);
    await bobs.askFor('SUCCESS', { type: 'READ', chatId: (await history(bobs, carol)).chatId, upTo: 2_000 });
    await ann.call('PATCH', '/me', { displayName: 'Ann of old', colour: 'moss', invisible: true });

    const before = await Promise.all(people.map(({ token }) => told(place.addresses.http, token)));
    const unreadBefore = [await unread(bob, ann), await unread(bob, carol), await unread(dave, bob)];
    expect(unreadBefore).toEqual([1, MANY - 2_000, 2]);

    await withFolder(async (folder) => {
      const exported = join(folder, 'export');
      const toExport = ['export', '--to', exported];
      const busy = await run('move', old.dataDir, toExport);
      expect(busy).toMatchObject({ code: 1, err: expect.stringMatching(/A server has .*: stop it.*--live/) });
      await old.stop();
      expect(await run('move', old.dataDir, toExport)).toMatchObject({ code: 0, err: '' });
      expect((await readdir(exported)).filter((name) => name.startsWith('entries'))).toHaveLength(2);

      // The cluster has run before, and knows for certain that it has nobody.
      const cluster = await freshCluster();
      const fresh = await started(cluster, 2);
      await fillExistenceFilter(cluster);
      await until('it answers for nobody without asking PostgreSQL', () => deniesByFilter(fresh));
      const toImport = ['import', '--from', exported];
      expect(await run('move', folder, toImport, cluster)).toMatchObject({ code: 1, err: expect.stringContaining('stop all') });
      await fresh.stop();

      // A smooth import elsewhere says what the report has to be.
      const report = reportOf(await run('move', folder, toImport, { DATA_DIR: join(folder, 'copy') }));
      expect(report).toContain('entries');
      expect(report).not.toContain('DIFFERS');

      for (const printed of [/^From/m, /^importing/m])
        expect(await killed('move', folder, toImport, cluster, printed)).toMatchObject({ code: null, err: '' });
      const halfway = await failedStart(folder, cluster);
      expect(halfway).toMatchObject({ code: 1, said: expect.stringMatching(/import of export \S+ is not finished/) });
      const late = await killed('move', folder, toImport, cluster, /^verifying/m);
      expect(late).toMatchObject({ code: null, err: '' });
      expect(late.out).toMatch(/going on after part [1-9]/);
      const whole = await run('move', folder, toImport, cluster);
      expect(whole).toMatchObject({ code: 0, err: '' });
      expect(reportOf(whole)).toBe(report);
      expect((await run('move', folder, toImport, cluster)).out).toContain('nothing to do');

      place = fresh;
      await fresh.restart();
      // Nothing of this is in the journal: it comes from the archive.
      expect(await Promise.all(people.map(({ token }) => told(place.addresses.http, token)))).toEqual(before);
      expect([await unread(bob, ann), await unread(bob, carol), await unread(dave, bob)]).toEqual(unreadBefore);

      // With their passwords too; what was sent then is known now, and what comes goes on from there (D3).
      const [annsNew, bobsNew] = [await (await ann.signInAgain()).chat(), await (await bob.signInAgain()).chat()];
      const again = await say(annsNew, bob, 'hello', { clientMessageId: 'the-first-of-ann' });
      const { seq, messageId, createdAt, ordinal } = first;
      expect(again).toMatchObject({ seq, messageId, createdAt, ordinal });
      await refused(annsNew, 'client_id_reused', {
        type: 'ONE_TO_ONE_CHAT',
        to: bob.username,
        content: 'something else',
        clientMessageId: 'the-first-of-ann',
      });
      const { messages, coversTo } = await history(bobsNew, ann);
      expect(coversTo).toBe(8);
      expect(await say(annsNew, bob, 'from the new place')).toMatchObject({ chatId, seq: 9, ordinal: 5 });
      expect(contents(messages)).toEqual(['hello', 'edited', '', 'fourth']);

      // What was edited there is changed here, and what it said goes.
      await annsNew.askFor('SUCCESS', { type: 'DELETE_MESSAGE', chatId, seq: second.seq, messageId: second.messageId });
      const later = await history(annsNew, bob, { limit: 100 });
      expect(contents(later.messages)).toEqual(['hello', '', '', 'fourth', 'from the new place']);
      expect(JSON.stringify(later)).not.toMatch(/zecond|edited"|hide/);

      const carolsChat = before[1]?.chats.find((chat) => chat.with === carol.username)?.chatId ?? '';
      await bobsNew.askFor('SUCCESS', { type: 'READ', chatId: carolsChat, upTo: 3_000 });
      const { messages: some } = await history(bobsNew, carol, { after: 2_990, limit: 20 });
      expect(seqs(some)).toEqual(upTo(3_010).slice(2_990));
      expect(await unread(bob, carol)).toBe(MANY - 3_000);

      const daves = await dave.chat();
      expect((await inbox(daves)).chats.find((chat) => chat.with === bob.username)?.unread).toBe(2);
      // Who may see what came since joining sees no more than that.
      expect(contents((await groupHistory(daves, groupId)).messages)).toEqual(['Dave does']);
      expect(await sayIn(daves, groupId, 'yes')).toMatchObject({ ordinal: 4 });
      await refused(await carol.chat(), 'not_member', { type: 'GROUP_CHAT', groupId, content: 'me after all' });
      await refused(annsNew, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: carol.username, content: 'why?' });

      expect(await run('move', old.dataDir, ['export', '--to', join(folder, 'later')])).toMatchObject({ code: 0 });
      await fresh.stop();
      const other = await run('move', folder, ['import', '--from', join(folder, 'later')], cluster);
      expect(other).toMatchObject({ code: 1, err: expect.stringContaining('There are people or conversations') });
    });
  },
);

/** Nobody is in it: what a worker does within a minute. */
async function fillExistenceFilter(env: Environment): Promise<void> {
  const node = openRedisNode({
    redis: {
      at: { kind: 'single', url: env['REDIS_URL'] ?? '' },
      user: null,
      password: null,
      tls: null,
      prefix: env['REDIS_PREFIX'] ?? '',
    },
    nodeId: 'filler',
    hears: false,
    runtime: processRuntime,
    meter: { count: () => undefined, set: () => undefined, time: () => undefined },
    onLost: () => undefined,
    onError: () => undefined,
  });
  await node.start();
  await fillFilter(
    () => node.existence,
    () => Promise.resolve([]),
  ).run();
  expect(await node.existence.isComplete()).toBe(true);
  await node.close();
}

/** Whether the filter says of a name that nobody has it. */
async function deniesByFilter({ nodes }: RunningServer): Promise<boolean> {
  const url = nodes[0]?.http ?? '';
  const token = (await new ParleyApi({ url }).login({ username: 'nobody', password: 'whatever it is' }).catch(() => null))?.token;
  expect(token).toBeUndefined();
  return (await metric(url, 'existence_filter_hits_total')) > 0;
}
