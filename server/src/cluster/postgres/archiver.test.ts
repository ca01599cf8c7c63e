import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { only, range, refusal } from '../../ports/stage.contract.js';
import { ArchiveForTests } from './archive-for-tests.contract.js';
import type { PostgresStores } from './open.js';
import { hasPostgres, TemporaryDatabase, until } from './temporary.contract.js';

describe.runIf(hasPostgres)('the way into the archive', () => {
  let database: TemporaryDatabase;
  let archive: ArchiveForTests;

  beforeAll(async () => {
    database = await TemporaryDatabase.make();
    archive = new ArchiveForTests(database.url);
    await archive.check();
  });
  afterAll(async () => {
    await archive.close();
    await database.drop();
  });

  async function chatOn(stores: PostgresStores) {
    const [a, b] = [randomUUID(), randomUUID()];
    const id = (await stores.conversations.openDirect(a, b, randomUUID(), Date.now()))?.id ?? '';
    const send = (content = 'x') =>
      stores.log.append({
        kind: 'send',
        conversationId: id,
        senderId: a,
        messageId: randomUUID(),
        content,
        clientId: null,
        at: Date.now(),
      });
    const revise = async (target: { seq: number; messageId: string }, content: string | null, by = stores) =>
      by.log.append({
        kind: 'change',
        conversationId: id,
        actorId: a,
        membersVersion: 1,
        entries: [
          {
            messageId: randomUUID(),
            kind: content === null ? 'delete' : 'edit',
            content: content ?? '',
            detail: { target: { seq: target.seq, messageId: target.messageId } },
          },
        ],
        revise: { ...target, content },
        at: Date.now(),
      });
    const page = (from: number, to: number) =>
      stores.log.page({ conversationId: id, from, to, after: from - 1, limit: 1_000, maxBytes: 1e9 });
    return { id, a, b, send, revise, page };
  }

  const archived = async (conversationId: string) =>
    (
      await database.query<{ seq: number }>(
        'SELECT seq::int FROM archive_for_tests WHERE conversation_id = $1 AND entry IS NOT NULL ORDER BY seq',
        [conversationId],
      )
    ).map(({ seq }) => seq);
  const markOf = async (bootId: string) =>
    (await database.query<{ upto: number }>('SELECT upto::int FROM archive_marks WHERE boot_id = $1', [bootId]))[0]?.upto ?? 0;

  it('D1 what is committed is archived soon, and the mark says so', async () => {
    const bootId = randomUUID();
    const stores = await database.open({ archive, bootId });
    const chat = await chatOn(stores);
    await Promise.all(range(1, 300).map(() => chat.send()));
    await until(() => stores.journal.lag().entries === 0);
    expect(await archived(chat.id)).toEqual(range(1, 300));
    await stores.close();
    expect(await markOf(bootId)).toBe(300);
    expect(await stores.journal.bootsBehind().catch(() => 'closed')).toBe('closed');
  });

  for (const [what, unarchivedMaxEntries] of [
    ['in memory', 20_000],
    ['in the journal', 20],
  ] as const) {
    it(`D11 while the archive is down sending goes on, and what waits ${what} follows`, async () => {
      const bootId = randomUUID();
      const stores = await database.open({ archive, bootId, limits: { unarchivedMaxEntries } });
      const chat = await chatOn(stores);
      archive.isDown = true;
      for (let n = 1; n <= 10; n++) await Promise.all(range(1, 25).map(() => chat.send(`${n}`)));
      const target = only(await chat.send('before'));
      await chat.revise(target, 'after');
      expect(stores.journal.lag()).toMatchObject({ entries: 252, ageMs: expect.any(Number) });
      expect((await chat.page(1, 252)).entries).toHaveLength(252);
      expect(await stores.journal.bootsBehind()).toContain(bootId);
      archive.isDown = false;
      const more = Promise.all(range(1, 50).map(async (n) => sleep(n * 5).then(() => chat.send())));
      await until(() => stores.journal.lag().entries === 0);
      await more;
      await until(() => stores.journal.lag().entries === 0);
      const before = (await chat.page(1, 302)).entries;
      await database.forget();
      expect((await chat.page(1, 302)).entries).toEqual(before);
      await until(async () => (await markOf(bootId)) === 302);
      await stores.close();
    });
  }

  it('D1 what a dead server left is archived by another, but not while it lives', async () => {
    const [dead, alive] = [randomUUID(), randomUUID()];
    const its = await database.open({ archive, bootId: dead });
    const others = await database.open({ archive, bootId: alive });
    const chat = await chatOn(its);
    archive.isDown = true;
    await Promise.all(range(1, 30).map(() => chat.send()));
    expect(await others.journal.archiveLeftovers(dead)).toBeNull();
    await its.close();
    archive.isDown = false;
    expect(await others.journal.bootsBehind()).toContain(dead);
    expect(await others.journal.archiveLeftovers(dead)).toBe(30);
    expect(await archived(chat.id)).toEqual(range(1, 30));
    expect(await others.journal.bootsBehind()).not.toContain(dead);
    expect(await others.journal.archiveLeftovers(dead)).toBe(0);
    await others.close();
  });

  it('a page that the journal holds does not ask the archive; one that it does not hold needs it', async () => {
    const stores = await database.open({ archive });
    const chat = await chatOn(stores);
    await Promise.all(range(1, 20).map(() => chat.send()));
    await until(() => stores.journal.lag().entries === 0);
    const reads = archive.reads;
    const whole = await chat.page(1, 20);
    expect(archive.reads).toBe(reads);
    await database.forget();
    await chat.send();
    archive.isDown = true;
    expect(await refusal(chat.page(1, 20))).toBe('overloaded');
    expect((await chat.page(21, 21)).entries).toHaveLength(1);
    archive.isDown = false;
    expect((await chat.page(1, 20)).entries).toEqual(whole.entries);
    await stores.close();
  });

  it('R18 what is archived is edited and deleted like anything else, and what was deleted is gone everywhere', async () => {
    const stores = await database.open({ archive });
    const chat = await chatOn(stores);
    const [first, second] = [only(await chat.send('one')), only(await chat.send('two'))];
    const edit = only(await chat.revise(first, 'uno'));
    await until(() => stores.journal.lag().entries === 0);
    await database.forget();
    archive.isDown = true;
    expect(await refusal(chat.revise(first, 'no'))).toBe('overloaded');
    archive.isDown = false;
    const other = await database.open({ archive });
    archive.readDelayMs = 50;
    const deletions = await Promise.all(range(1, 5).map((n) => refusal(chat.revise(first, null, n % 2 === 0 ? stores : other))));
    archive.readDelayMs = 0;
    await other.close();
    expect(deletions.sort()).toEqual(['accepted', ...range(1, 4).map(() => 'message_deleted')]);
    const late = only(await chat.revise(second, 'dos'));
    expect(await refusal(chat.revise({ seq: edit.seq, messageId: edit.messageId }, 'x'))).toBe('not_found');
    const expected = [
      { content: '', deletedAt: expect.any(Number) },
      { content: 'dos', editedAt: late.createdAt },
      { kind: 'edit', content: '' },
      { kind: 'delete' },
      { kind: 'edit', content: 'dos' },
    ];
    expect((await chat.page(1, 99)).entries).toMatchObject(expected);
    await until(() => stores.journal.lag().entries === 0);
    await database.forget();
    expect((await chat.page(1, 99)).entries).toMatchObject(expected);
    expect(await stores.log.entry(chat.id, 3)).toMatchObject({ content: '' });
    await stores.close();
  });

  it('R20 R21 a read cursor goes into the middle of what is archived, and unread is exact', async () => {
    const stores = await database.open({ archive });
    const chat = await chatOn(stores);
    await Promise.all(range(1, 700).map(() => chat.send()));
    await until(() => stores.journal.lag().entries === 0);
    await database.forget();
    await Promise.all(range(1, 10).map(() => chat.send()));
    const read = (to: number) => stores.log.moveCursor({ conversationId: chat.id, userId: chat.b, delivered: 0, read: to });
    expect(await read(100)).toMatchObject({ read: 100, unread: 610, moved: true });
    expect(await read(695)).toMatchObject({ read: 695, unread: 15, deliveredBefore: 100 });
    expect(await read(705)).toMatchObject({ read: 705, unread: 5 });
    archive.isDown = true;
    expect(await stores.log.moveCursor({ conversationId: chat.id, userId: chat.a, delivered: 200 })).toMatchObject({
      delivered: 200,
    });
    expect(await refusal(stores.log.moveCursor({ conversationId: chat.id, userId: chat.a, delivered: 0, read: 300 }))).toBe(
      'overloaded',
    );
    archive.isDown = false;
    await stores.close();
  });
});
