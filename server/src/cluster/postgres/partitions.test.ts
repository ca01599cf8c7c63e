import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../ports/log.js';
import { only, range, refusal } from '../../ports/stage.contract.js';
import { ArchiveForTests } from './archive-for-tests.contract.js';
import type { PostgresStores } from './open.js';
import { hasPostgres, TemporaryDatabase, until } from './temporary.contract.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The middle of an hour. */
const START = Date.UTC(2030, 0, 1, 12, 30);
const REAL_CLOCK = 'floor(extract(epoch FROM clock_timestamp()) * 1000)';

describe.runIf(hasPostgres)('partitions', () => {
  let database: TemporaryDatabase;
  let archive: ArchiveForTests;
  let stores: PostgresStores;
  let chat: { id: string; a: string };

  const at = (ms: number) => database.setClock(`${START + ms}`);
  const send = (clientId: string | null = null, content = 'x') =>
    stores.log.append({
      kind: 'send',
      conversationId: chat.id,
      senderId: chat.a,
      messageId: randomUUID(),
      content,
      clientId,
      at: Date.now(),
    });
  const settled = async () => {
    await until(() => stores.journal.lag().entries === 0);
    const [{ n } = { n: 0 }] = await database.query<{ n: number }>('SELECT max(n)::int AS n FROM journal');
    await until(async () => {
      const [{ upto } = { upto: 0 }] = await database.query<{ upto: number }>('SELECT max(upto)::int AS upto FROM archive_marks');
      return upto >= (n ?? 0);
    });
  };
  const parts = async (pattern: string) =>
    (
      await database.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE $1 ORDER BY relname`,
        [pattern],
      )
    ).map(({ name }) => name);
  const whole = async () => {
    const all: Entry[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? 0;
      const page = await stores.log.page({ conversationId: chat.id, from: 1, to: 1e9, after, limit: 500, maxBytes: 1e9 });
      all.push(...page.entries);
      if (!page.hasMore) return all;
    }
  };

  beforeEach(async () => {
    database = await TemporaryDatabase.make();
    archive = new ArchiveForTests(database.url);
    stores = await database.open({ archive });
    await at(0);
    const [a, b] = [randomUUID(), randomUUID()];
    chat = { id: (await stores.conversations.openDirect(a, b, randomUUID(), 0))?.id ?? '', a };
  });
  afterEach(async () => {
    await stores.close();
    await archive.close();
    await database.drop();
  });

  it('R1 a send is never refused for want of a partition, whatever the hour or the day', async () => {
    for (const ms of [0, HOUR_MS, 30 * HOUR_MS, 400 * DAY_MS]) {
      await at(ms);
      expect((await send(`c-${ms}`)).entries[0]?.createdAt).toBe(START + ms);
    }
    // The clock goes back: entries keep their order, in the partition of the last one.
    await at(0);
    expect(only(await send()).createdAt).toBe(START + 400 * DAY_MS);
    expect(await whole()).toHaveLength(5);
  });

  it('R3 D3 a client id is known across days, for a week', async () => {
    const first = only(await send('x'));
    for (const day of range(1, 6)) {
      await at(day * DAY_MS);
      await send(`day ${day}`);
      await settled();
      await stores.journal.dropPartitions();
      expect(await send('x')).toMatchObject({ repeated: true, entries: [{ seq: 1, messageId: first.messageId }] });
    }
    expect(await refusal(send('x', 'other'))).toBe('client_id_reused');
    await at(9 * DAY_MS);
    await send('later');
    await settled();
    expect(await stores.journal.dropPartitions()).toContain('sends_2030_01_01');
    expect((await send('x')).repeated).toBe(false);
  });

  it('R1 two servers that make the same part at once both find it made', async () => {
    const [one, two] = [new Client({ connectionString: database.url }), new Client({ connectionString: database.url })];
    await Promise.all([one.connect(), two.connect()]);
    const low = Date.UTC(2031, 0, 1);
    const make = `SELECT make_partition('journal', 'journal_2031_01_01_00', ${low}, ${low + HOUR_MS}, 'fillfactor = 90')`;
    await one.query('BEGIN');
    await one.query(make);
    const made = two.query(make).then(
      () => 'made',
      (error: Error) => error.message,
    );
    await until(
      async () => (await database.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).length > 0,
    );
    await one.query('COMMIT');
    expect(await made).toBe('made');
    await Promise.all([one.end(), two.end()]);
  });

  it('a part of the journal is dropped when it is old and archived, the oldest first', async () => {
    await send();
    archive.isDown = true;
    await at(HOUR_MS);
    await send();
    await at(5 * HOUR_MS);
    await send();
    expect(await stores.journal.dropPartitions()).not.toContain('journal_2030_01_01_12');
    archive.isDown = false;
    await settled();
    expect(await stores.journal.dropPartitions()).toEqual(
      expect.arrayContaining(['journal_2030_01_01_12', 'journal_2030_01_01_13']),
    );
    expect(await parts('journal_2030%')).toContain('journal_2030_01_01_17');
    expect((await whole()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('a drop that another server began and did not finish is finished', async () => {
    await send();
    await settled();
    await at(5 * HOUR_MS);
    await database.query('ALTER TABLE journal DETACH PARTITION journal_2030_01_01_12');
    expect(await stores.journal.dropPartitions()).toContain('journal_2030_01_01_12');
    expect(await parts('journal_2030_01_01_12')).toEqual([]);
  });

  it('D1 what was taken out and is not archived comes back', async () => {
    archive.isDown = true;
    await send();
    await at(5 * HOUR_MS);
    await database.query('ALTER TABLE journal DETACH PARTITION journal_2030_01_01_12');
    expect(await stores.journal.dropPartitions()).not.toContain('journal_2030_01_01_12');
    expect(await whole()).toHaveLength(1);
    archive.isDown = false;
  });

  it('sends and reads go on while parts are made and dropped', { timeout: 60_000 }, async () => {
    await database.setClock(`${REAL_CLOCK} + ${START} - ${Date.now()}`);
    let isDone = false;
    const sending = Promise.all(
      range(1, 4).map(async () => {
        const answers: string[] = [];
        while (!isDone) {
          answers.push(await refusal(send()));
          await whole();
          await sleep(10);
        }
        return answers;
      }),
    );
    try {
      for (const hour of range(1, 8)) {
        await database.setClock(`${REAL_CLOCK} + ${START} - ${Date.now()} + ${hour * HOUR_MS}`);
        await until(() => stores.journal.lag().entries < 100);
        await stores.journal.dropPartitions();
      }
      await until(async () => {
        await stores.journal.dropPartitions();
        return !(await parts('journal_2030%')).includes('journal_2030_01_01_12');
      });
    } finally {
      isDone = true;
    }
    const answers = (await sending).flat();
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    const { lastSeq } = (await stores.conversations.open(chat.a, chat.id))?.conversation ?? { lastSeq: 0 };
    expect(lastSeq).toBe(answers.length);
  });

  it('D1 dropping never loses: whatever comes in whatever order, the log is whole', { timeout: 120_000 }, async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ act: fc.constant('send' as const), count: fc.integer({ min: 1, max: 20 }) }) },
      { weight: 3, arbitrary: fc.record({ act: fc.constant('hours' as const), count: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('drop', 'down', 'up', 'settle', 'edit') }) },
    );
    let sent = 0;
    let hours = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        for (const each of steps) {
          if (each.act === 'send') {
            await Promise.all(range(1, each.count).map((n) => send(null, `${sent + n}`)));
            sent += each.count;
          } else if (each.act === 'hours') await at((hours += each.count) * HOUR_MS);
          else if (each.act === 'drop') await stores.journal.dropPartitions();
          else if (each.act === 'settle' && !archive.isDown) await settled();
          else archive.isDown = each.act === 'down' || (archive.isDown && each.act !== 'up');
        }
        archive.isDown = false;
        await settled();
        await at((hours += 4) * HOUR_MS);
        await stores.journal.dropPartitions();
        expect(await database.query('SELECT FROM journal LIMIT 1')).toEqual([]);
        expect((await whole()).map(({ seq, content }) => [seq, content])).toEqual(range(1, sent).map((n) => [n, `${n}`]));
      }),
      { numRuns: 12 },
    );
  });
});

it.runIf(hasPostgres)('three servers that start at once migrate once', async () => {
  const database = await TemporaryDatabase.make();
  const opened = await Promise.all(range(1, 3).map(() => database.open()));
  expect(await database.query('SELECT name FROM kysely_migration')).toContainEqual({ name: '0001_initial' });
  await Promise.all(opened.map((stores) => stores.check()));
  await Promise.all(opened.map((stores) => stores.close()));
  await database.drop();
});

it.runIf(hasPostgres)('a database of an earlier release gets the functions that were rewritten since', async () => {
  const database = await TemporaryDatabase.make();
  await (await database.open()).close();
  await database.query(`DELETE FROM kysely_migration WHERE name > '0002'`);
  await database.query('DROP TABLE imports');
  await database.query('ALTER TABLE memberships DROP muted, DROP pinned, DROP archived');
  await database.query('ALTER TABLE accounts DROP closed_at, DROP suspended_at, DROP colour');
  await database.query('DROP TABLE audit_log');
  await database.query('DROP FUNCTION create_group');
  await (await database.open()).close();
  expect(await database.query(`SELECT FROM pg_proc WHERE proname = 'create_group'`)).toHaveLength(1);
  await database.drop();
});
