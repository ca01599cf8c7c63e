import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { entry, only, Stage } from '../../ports/stage.contract.js';
import { ArchiveForTests } from './archive-for-tests.contract.js';
import { Cable } from './cable.contract.js';
import type { PostgresStores } from './open.js';
import { hasPostgres, TemporaryDatabase, until } from './temporary.contract.js';

describe.runIf(hasPostgres)('R1 an append whose answer was lost', () => {
  let database: TemporaryDatabase;
  let archive: ArchiveForTests;
  let cable: Cable;
  let stores: PostgresStores;
  const stage = new Stage(async () => {
    database = await TemporaryDatabase.make();
    archive = new ArchiveForTests(database.url);
    cable = await Cable.to(database.url);
    stores = await database.open({ url: cable.url, lanes: 1, archive });
    return { nodes: [stores, stores], close: () => Promise.resolve() };
  });
  let a = '';
  let b = '';
  beforeEach(async () => {
    [a, b] = (await stage.people(2)) as [string, string];
  });
  afterAll(async () => {
    await stores.close();
    await archive.close();
    await cable.close();
    await database.drop();
  });

  it('is found committed, with and without a client id, and answered as such', async () => {
    const chat = await stage.direct(a, b);
    for (const [index, clientId] of [null, 'c-1'].entries()) {
      await stage.send(chat, a);
      cable.loseNextAnswer();
      const appended = await stage.send(chat, a, { content: 'once', clientId });
      expect(appended.repeated).toBe(false);
      expect(only(appended)).toEqual(await stores.log.entry(chat, 2 * index + 2));
    }
    expect((await stage.entries(chat)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    await until(() => stores.journal.lag().entries === 0);
    await database.forget();
    expect(await stage.entries(chat)).toHaveLength(4);
  });

  it('keeps its place before what was sent after it', async () => {
    const chat = await stage.direct(a, b);
    await stage.send(chat, a);
    cable.loseNextAnswer();
    const sends = ['one', 'two', 'three'].map((content) => stage.send(chat, b, { content }));
    // The batch is under way.
    await sleep(1);
    await Promise.all([...sends, ...['four', 'five'].map((content) => stage.send(chat, b, { content }))]);
    expect((await stage.entries(chat)).slice(1).map(({ content }) => content)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('is found, be it a group, a change or a cursor', async () => {
    await stage.group(a, [b]);
    cable.loseNextAnswer();
    const group = await stage.group(a, [b]);
    expect((await stage.entries(group)).map(({ kind }) => kind)).toEqual(['created', 'added']);
    cable.loseNextAnswer();
    const renamed = await stage.change(group, a, { entries: [entry('renamed')], set: { name: 'Hiking' } });
    expect(only(renamed)).toEqual(await stores.log.entry(group, 3));
    cable.loseNextAnswer();
    const left = await stage.change(group, b, {
      entries: [entry('left', { detail: { userId: b } })],
      members: [{ userId: b, role: null, entry: 0 }],
    });
    expect(left).toMatchObject({ membersVersion: 2, entries: [{ seq: 4 }] });
    cable.loseNextAnswer();
    expect(await stores.log.moveCursor({ conversationId: group, userId: a, delivered: 4 })).toMatchObject({ delivered: 4 });
    expect(await stage.entries(group)).toHaveLength(4);
  });

  it('is not run later, when it was still on its way as the connection broke', async () => {
    const chat = await stage.direct(a, b);
    await stage.send(chat, a);
    cable.holdNextBack();
    expect(only(await stage.send(chat, a, { content: 'late', messageId: randomUUID() })).seq).toBe(2);
    cable.letGo();
    await stage.send(chat, a);
    expect((await stage.entries(chat)).map(({ content }) => content)).toEqual(['hello', 'late', 'hello']);
  });
});
