import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../../ports/logger.js';
import { range, refusal, Stage } from '../../ports/stage.contract.js';
import { ArchiveForTests } from './archive-for-tests.contract.js';
import type { PostgresStores } from './open.js';
import { hasPostgres, silentLogger, TemporaryDatabase, until } from './temporary.contract.js';

describe.runIf(hasPostgres)('R15 a page of which the archive lacks an entry', () => {
  const error = vi.fn<Logger['error']>();
  let database: TemporaryDatabase;
  let archive: ArchiveForTests;
  let stores: PostgresStores;
  const stage = new Stage(async () => {
    database = await TemporaryDatabase.make();
    archive = new ArchiveForTests(database.url);
    stores = await database.open({ archive, logger: { ...silentLogger, error } });
    return { nodes: [stores, stores], close: () => Promise.resolve() };
  });
  let chat = '';
  const page = (where: { after?: number; before?: number }) =>
    stores.log.page({ conversationId: chat, from: 1, to: 1e9, limit: 8, maxBytes: 1e6, ...where });

  /** The archive does not give this seq, so many times. */
  function lacking(seq: number, times: number): void {
    const read = archive.read.bind(archive);
    let left = times;
    vi.spyOn(archive, 'read').mockImplementation(async (asked) => {
      const entries = await read(asked);
      if (asked.from > seq || asked.to < seq || left === 0) return entries;
      left -= 1;
      return entries.filter((entry) => entry.seq !== seq);
    });
  }

  beforeAll(async () => {
    const [a, b] = (await stage.people(2)) as [string, string];
    chat = await stage.direct(a, b);
    await Promise.all(range(1, 20).map(() => stage.send(chat, a)));
    await until(() => stores.journal.lag().entries === 0);
    await database.forget();
  });
  afterAll(async () => {
    await stores.close();
    await archive.close();
    await database.drop();
  });

  it('is read again, and whole if that was a race', async () => {
    lacking(5, 1);
    expect(await page({ after: 0 })).toMatchObject({ coversFrom: 1, coversTo: 8, hasMore: true });
    expect(error).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it('ends before the hole, in either direction, and somebody is told', async () => {
    lacking(5, Infinity);
    const upwards = await page({ after: 0 });
    expect(upwards).toMatchObject({ coversFrom: 1, coversTo: 4, hasMore: true });
    expect(upwards.entries.map(({ seq }) => seq)).toEqual(range(1, 4));
    const downwards = await page({ before: 9 });
    expect(downwards).toMatchObject({ coversFrom: 6, coversTo: 8, hasMore: true });
    expect(error).toHaveBeenCalledTimes(2);
    expect(await refusal(page({ after: 4 }))).toBe('overloaded');
    expect(await refusal(stores.log.entry(chat, 5))).toBe('overloaded');
    expect(await page({ after: 5 })).toMatchObject({ coversFrom: 6, coversTo: 13 });
    vi.restoreAllMocks();
  });
});
