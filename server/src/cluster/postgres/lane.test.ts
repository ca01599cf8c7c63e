import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../ports/log.js';
import type { GaugeName } from '../../ports/meter.js';
import { only, range, refusal } from '../../ports/stage.contract.js';
import type { PostgresStores } from './open.js';
import { hasPostgres, silentMeter, TemporaryDatabase, until } from './temporary.contract.js';

const ENDING = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'parley' AND query LIKE '%tick(%'`;

describe.runIf(hasPostgres)('lanes of PostgreSQL', () => {
  let database: TemporaryDatabase;

  beforeAll(async () => {
    database = await TemporaryDatabase.make();
  });
  afterAll(() => database.drop());

  /** A chat, and who may send in it. */
  async function chatOn(stores: PostgresStores) {
    const [a, b] = [randomUUID(), randomUUID()];
    const id = (await stores.conversations.openDirect(a, b, randomUUID(), Date.now()))?.id ?? '';
    const send = (content: string, clientId: string | null = null, by = stores) =>
      by.log.append({
        kind: 'send',
        conversationId: id,
        senderId: a,
        messageId: randomUUID(),
        content,
        clientId,
        at: Date.now(),
      });
    return { id, a, b, send };
  }

  async function wholeLog(stores: PostgresStores, conversationId: string): Promise<Entry[]> {
    const all: Entry[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? 0;
      const page = await stores.log.page({ conversationId, from: 1, to: 1e9, after, limit: 500, maxBytes: 1e9 });
      all.push(...page.entries);
      if (!page.hasMore) return all;
    }
  }

  it('D1 D3 a connection that is cut while appending doubles nothing and loses nothing', { timeout: 60_000 }, async () => {
    const stores = await database.open();
    const chats = await Promise.all(range(1, 6).map(() => chatOn(stores)));
    const answers = new Map<string, { seq: number; repeated: boolean } | string>();
    let isCutting = true;
    const cutting = (async () => {
      while (isCutting) {
        await database.query(ENDING);
        await sleep(15);
      }
    })();
    const sending = range(1, 900).map(async (n) => {
      await sleep(n * 3);
      const content = `${n}`;
      const chat = chats[n % chats.length] as (typeof chats)[number];
      try {
        const appended = await chat.send(content, n % 2 === 0 ? `c-${n}` : null);
        answers.set(content, { seq: only(appended).seq, repeated: appended.repeated });
      } catch (error) {
        answers.set(content, await refusal(Promise.reject(error as Error)));
      }
    });
    await Promise.all(sending);
    isCutting = false;
    await cutting;

    const logs = await Promise.all(chats.map((chat) => wholeLog(stores, chat.id)));
    for (const log of logs) expect(log.map(({ seq }) => seq)).toEqual(range(1, log.length));
    const found = new Map(logs.flat().map((entry) => [entry.content, entry.seq]));
    expect(found.size).toBe(logs.flat().length);
    const accepted = [...answers].filter(([, answer]) => typeof answer !== 'string');
    expect(new Map(accepted.map(([content, answer]) => [content, (answer as { seq: number }).seq]))).toEqual(found);
    expect(accepted.length).toBeGreaterThan(100);
    expect(new Set([...answers.values()].filter((answer) => typeof answer === 'string'))).toEqual(
      new Set(accepted.length < 900 ? ['overloaded'] : []),
    );
    await stores.close();
  });

  it('R3 what fails for a reason that nobody foresaw fails alone', async () => {
    const stores = await database.open();
    const chat = await chatOn(stores);
    // Half a character: protocol refuses it, and so does PostgreSQL.
    const results = await Promise.allSettled(range(1, 9).map((n) => chat.send(n === 5 ? '\ud800' : `${n}`)));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(range(1, 9).map((n) => n !== 5));
    expect((await wholeLog(stores, chat.id)).map(({ content }) => content)).toEqual(['1', '2', '3', '4', '6', '7', '8', '9']);
    await stores.close();
  });

  it('what waits is counted over all lanes', async () => {
    const waiting: number[] = [];
    const meter = {
      ...silentMeter,
      set: (name: GaugeName, value: number) => void (name === 'commit_queue' && waiting.push(value)),
    };
    const stores = await database.open({ meter, lanes: 4, limits: { batchMaxCalls: 1 } });
    const chats = await Promise.all(range(1, 16).map(() => chatOn(stores)));
    waiting.length = 0;
    await Promise.all(chats.map((chat) => chat.send('hello')));
    // The first lane that takes one sees all others wait; whatever lanes the chats fell to, one lane has them not all.
    expect(waiting[0]).toBe(15);
    expect(waiting.at(-1)).toBe(0);
    await stores.close();
  });

  it('R7 what has waited too long is refused, and never committed', async () => {
    const stores = await database.open({ lanes: 1, limits: { waitingMaxMs: 300 } });
    const [held, free] = [await chatOn(stores), await chatOn(stores)];
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [held.id]);
    const first = refusal(held.send('under way'));
    await sleep(50);
    const waiting = [refusal(free.send('waits')), refusal(held.send('waits too'))];
    await sleep(500);
    await holder.query('COMMIT');
    expect(await first).toBe('accepted');
    expect(await Promise.all(waiting)).toEqual(['overloaded', 'overloaded']);
    expect((await wholeLog(stores, held.id)).map(({ content }) => content)).toEqual(['under way']);
    expect(await wholeLog(stores, free.id)).toEqual([]);
    await holder.end();
    await stores.close();
  });

  it('R7 a lock that is not given in time refuses only those that need it', { timeout: 60_000 }, async () => {
    const stores = await database.open({ lanes: 1 });
    const [held, free] = [await chatOn(stores), await chatOn(stores)];
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [held.id]);
    const answers = await Promise.all([refusal(free.send('one')), refusal(held.send('two')), refusal(free.send('three'))]);
    await holder.query('ROLLBACK');
    // The third waited through two lock timeouts of 4 s, and the time that anything may wait is 10 s.
    expect(answers).toEqual(['accepted', 'overloaded', 'accepted']);
    await holder.end();
    await stores.close();
  });

  it('R7 D9 the line is bounded, by count and by size', async () => {
    const stores = await database.open({ lanes: 1, limits: { waitingMaxCalls: 10, waitingMaxChars: 1_000 } });
    const chat = await chatOn(stores);
    const many = await Promise.all(range(1, 30).map(() => refusal(chat.send('x'))));
    expect(many.filter((answer) => answer === 'accepted')).toHaveLength(10);
    const large = await Promise.all(range(1, 4).map(() => refusal(chat.send('x'.repeat(400)))));
    expect(large).toEqual(['accepted', 'accepted', 'overloaded', 'overloaded']);
    await stores.close();
  });

  it('D10 closing commits what is in line, and refuses what comes after', async () => {
    const stores = await database.open();
    const chat = await chatOn(stores);
    const inLine = range(1, 100).map(() => refusal(chat.send('x')));
    const closing = stores.close();
    const late = refusal(chat.send('late'));
    expect(new Set(await Promise.all(inLine))).toEqual(new Set(['accepted']));
    expect(await late).toBe('overloaded');
    await closing;
  });

  it('D11 a database that takes no writes refuses as such, and takes them again by itself', async () => {
    const other = await TemporaryDatabase.make();
    const stores = await other.open();
    const chat = await chatOn(stores);
    await other.query(`ALTER DATABASE ${new URL(other.url).pathname.slice(1)} SET default_transaction_read_only = on`);
    await cut(other);
    await until(async () => (await refusal(chat.send('x'))) === 'storage_readonly');
    await database.query(`ALTER DATABASE ${new URL(other.url).pathname.slice(1)} RESET default_transaction_read_only`);
    await until(async () => (await refusal(chat.send('y'))) === 'accepted');
    await stores.close();
    await other.drop();
  });

  it('D11 while there is no database, sends are refused at once, and taken again when there is', async () => {
    const other = await TemporaryDatabase.make();
    const stores = await other.open();
    const chat = await chatOn(stores);
    const allow = (isAllowed: boolean) =>
      database.query(`ALTER DATABASE ${new URL(other.url).pathname.slice(1)} ALLOW_CONNECTIONS ${isAllowed}`);
    await allow(false);
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [
      new URL(other.url).pathname.slice(1),
    ]);
    await until(async () => (await refusal(chat.send('x'))) === 'overloaded');
    const startedAt = Date.now();
    expect(await refusal(chat.send('x'))).toBe('overloaded');
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    expect(await refusal(stores.conversations.open(chat.a, chat.id))).toBe('overloaded');
    await allow(true);
    await until(async () => (await refusal(chat.send('y'))) === 'accepted');
    await stores.close();
    await other.drop();
  });
});

const cut = (database: TemporaryDatabase) =>
  database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'parley'`);
