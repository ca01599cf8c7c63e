import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Entry } from '../../ports/log.js';
import type { CassandraArchive } from './archive.js';
import { connect } from './connect.js';
import { Freezer } from './freezer.contract.js';
import { rowsAreWhatIsKnown } from './history.contract.js';
import { BUCKET_SEQS } from './table.js';
import { conversation, deletionOf, editOf, message, onCassandra, range, type Ring } from './temporary.contract.js';

/** Everything of a conversation that is here. */
const all = (archive: CassandraArchive, conversationId: string, to = 3 * BUCKET_SEQS) =>
  archive.read({ conversationId, from: 1, to, limit: to, newestFirst: false });

onCassandra('the archive on Cassandra', (ring) => {
  let archive: CassandraArchive;
  let client: Client;
  beforeAll(async () => {
    ({ archive, client } = await ring.archive());
  });

  it('gives back each kind of entry as it was written', async () => {
    const chat = conversation();
    const entries = everyKind(chat);
    await archive.write(entries);
    expect(await all(archive, chat)).toEqual(entries);
  });

  it('gives back the longest messages, written together', async () => {
    const chat = conversation();
    const entries = range(1, 20).map((seq) => message(chat, seq, { content: `${seq % 10}`.repeat(16_384) }));
    await archive.write(entries);
    expect(await all(archive, chat)).toEqual(entries);
  });

  it('takes nothing, and finds nothing where nothing is', async () => {
    await archive.write([]);
    expect(await all(archive, conversation())).toEqual([]);
    await archive.check();
  });

  it('R26 of a log that is moved here, changes of one millisecond stay as they were', async () => {
    const chat = conversation();
    const at = { createdAt: 1_770_000_000_000 };
    const edited = message(chat, 1, at);
    const deleted = message(chat, 2, at);
    const entries = [
      { ...edited, content: 'apple', editedAt: at.createdAt },
      { ...deleted, content: '', editedAt: at.createdAt, deletedAt: at.createdAt },
      editOf(edited, 3, 'zebra', at.createdAt),
      editOf(edited, 4, 'apple', at.createdAt),
      editOf(deleted, 5, '', at.createdAt),
      deletionOf(deleted, 6, at.createdAt),
    ];
    await archive.writeFolded(entries);
    expect(await all(archive, chat)).toEqual(entries);
    // What is deleted later takes along what those edits said.
    await archive.write([deletionOf(edited, 7, at.createdAt + 1)]);
    expect((await all(archive, chat)).map(({ content }) => content)).toEqual(['', '', '', '', '', '', '']);
  });

  it('writing again changes nothing', async () => {
    const chat = conversation();
    const entries = range(1, 100).map((seq) => message(chat, seq));
    for (let time = 0; time < 3; time += 1) await archive.write(entries);
    expect(await all(archive, chat)).toEqual(entries);
  });

  describe('pages', () => {
    const chat = conversation();
    const LAST = 2 * BUCKET_SEQS + 300;
    const entries = range(1, LAST).map((seq) => message(chat, seq));
    beforeAll(async () => archive.write(entries));

    const seqsOf = async (from: number, to: number, limit: number, newestFirst: boolean) =>
      (await archive.read({ conversationId: chat, from, to, limit, newestFirst })).map(({ seq }) => seq);

    it('go over the borders of buckets, both ways', async () => {
      const border = BUCKET_SEQS;
      expect(await seqsOf(1, border + 4, 10, true)).toEqual(range(border - 5, border + 4).reverse());
      expect(await seqsOf(border - 5, LAST, 10, false)).toEqual(range(border - 5, border + 4));
      expect(await seqsOf(border, border, 10, true)).toEqual([border]);
      expect(await seqsOf(border - 1, border, 1, true)).toEqual([border]);
      expect(await seqsOf(border - 1, border, 1, false)).toEqual([border - 1]);
    });

    it('are the end of the range that was asked for, whatever the range', async () => {
      const seq = fc.integer({ min: 1, max: LAST + 50 });
      await fc.assert(
        fc.asyncProperty(seq, seq, fc.integer({ min: 1, max: 101 }), fc.boolean(), async (from, to, limit, newestFirst) => {
          const there = entries.map((entry) => entry.seq);
          const window = newestFirst ? [Math.max(from, to - limit + 1), to] : [from, Math.min(to, from + limit - 1)];
          const expected = there.filter((each) => each >= (window[0] ?? 0) && each <= (window[1] ?? 0));
          expect(await seqsOf(from, to, limit, newestFirst)).toEqual(newestFirst ? expected.reverse() : expected);
        }),
      );
    });

    it('are read in partitions that a long chat has no more of than a short one', { timeout: 120_000 }, async () => {
      const [long, short] = [conversation(), conversation()];
      await archive.write(range(1, 1_000).map((seq) => message(short, seq)));
      for (let first = 1; first <= 100_000; first += 5_000) {
        await archive.write(range(first, first + 4_999).map((seq) => message(long, seq)));
      }
      for (const [id, last] of [
        [short, 1_000],
        [long, 100_000],
        [long, 99_700],
        [long, 60_020],
      ] as const) {
        const execute = vi.spyOn(client, 'execute');
        const page = await archive.read({ conversationId: id, from: 1, to: last, limit: 50, newestFirst: true });
        expect(page.map(({ seq }) => seq)).toEqual(range(last - 49, last).reverse());
        expect(new Set(execute.mock.calls.map(([, params]) => (params as unknown as unknown[])[1])).size).toBe(
          Math.floor(last / BUCKET_SEQS) - Math.floor((last - 49) / BUCKET_SEQS) + 1,
        );
        expect(execute.mock.calls.length).toBeLessThanOrEqual(2);
        execute.mockRestore();
      }
    });
  });

  describe('changes', () => {
    it('R18 an edit and a deletion change their target, in another bucket too', async () => {
      const chat = conversation();
      const sent = message(chat, 1);
      const edit = editOf(sent, BUCKET_SEQS + 1, 'better');
      await archive.write([sent, edit]);
      expect(await all(archive, chat)).toEqual([{ ...sent, content: 'better', editedAt: edit.createdAt }, edit]);
      const deletion = deletionOf(sent, 2 * BUCKET_SEQS);
      await archive.write([deletion]);
      const gone = { ...sent, content: '', editedAt: edit.createdAt, deletedAt: deletion.createdAt };
      expect(await all(archive, chat)).toEqual([gone, { ...edit, content: '' }, deletion]);
    });

    it('R18 a message of which only a change is here is left out until it comes', async () => {
      const chat = conversation();
      const sent = message(chat, 1);
      const edit = editOf(sent, 2, 'better');
      await archive.write([edit]);
      expect(await all(archive, chat)).toEqual([edit]);
      await archive.write([sent]);
      expect(await all(archive, chat)).toEqual([{ ...sent, content: 'better', editedAt: edit.createdAt }, edit]);
    });

    it('R18 a row is what is known of it, in whatever order, how often and in what state its entries are written', async () => {
      await rowsAreWhatIsKnown([archive, (await ring.archive()).archive], 60);
    });
  });

  it('R5 a seq that came twice has both messages, the one made later as the newer, and a change meets its own', async () => {
    const chat = conversation();
    const [later, earlier] = [
      message(chat, 7, { messageId: 'a', createdAt: 2_000 }),
      message(chat, 7, { messageId: 'b', createdAt: 1_000 }),
    ];
    await archive.write([later, earlier, message(chat, 6), deletionOf(earlier, 8)]);
    const read = (newestFirst: boolean) => archive.read({ conversationId: chat, from: 7, to: 7, limit: 1, newestFirst });
    const gone = { ...earlier, content: '', deletedAt: deletionOf(earlier, 8).createdAt };
    expect(await read(false)).toEqual([gone, later]);
    expect(await read(true)).toEqual([later, gone]);
  });
});

onCassandra('a node that stands still', (ring) => {
  it('R19 is given up after two timeouts at most, and used again by itself when it goes on', { timeout: 90_000 }, async () => {
    const { archive, client, freezer } = await behindFreezer(ring);
    if (client.hosts.length > 1) return skipped('the ring has other nodes, which take over');
    const chat = conversation();
    await archive.write([message(chat, 1)]);
    freezer.freeze();
    await rejectsInTime(() => archive.write(range(2, 2_000).map((seq) => message(conversation(), seq))));
    await rejectsInTime(() => all(archive, chat));
    await rejectsInTime(() => archive.check());
    freezer.thaw();
    await answers(archive);
    await archive.write([message(chat, 2)]);
    expect((await all(archive, chat)).map(({ seq }) => seq)).toEqual([1, 2]);
    await archive.close();
    await freezer.close();
  });

  it('does not leave more connections each time', { timeout: 90_000 }, async () => {
    const { archive, client, freezer } = await behindFreezer(ring);
    if (client.hosts.length > 1) return skipped('the ring has other nodes, which take over');
    for (let time = 1; time <= 3; time += 1) {
      freezer.freeze();
      await Promise.allSettled(range(1, 40).map(() => archive.check()));
      freezer.thaw();
      await answers(archive);
      await vi.waitFor(() => expect(freezer.connections).toBe(1), { timeout: 10_000, interval: 100 });
    }
    await archive.close();
    await vi.waitFor(() => expect(freezer.connections).toBe(0), { timeout: 10_000, interval: 100 });
    await freezer.close();
  });

  it('leaves no connection after one that was of no use', async () => {
    const freezer = await Freezer.before(ring.options.contactPoints.join(','));
    const wrong = { ...ring.options, contactPoints: [freezer.contactPoint], dataCenter: 'elsewhere' };
    await expect(connect(wrong)).rejects.toThrow(/elsewhere/);
    await vi.waitFor(() => expect(freezer.connections).toBe(0), { timeout: 10_000, interval: 100 });
    await freezer.close();
  });
});

async function behindFreezer(ring: Ring) {
  const freezer = await Freezer.before(ring.options.contactPoints.join(','));
  return { freezer, ...(await ring.archive({ ...ring.options, contactPoints: [freezer.contactPoint] })) };
}

const answers = (archive: CassandraArchive) => vi.waitFor(() => archive.check(), { timeout: 10_000, interval: 100 });

function skipped(reason: string): void {
  process.stdout.write(`skipped, for ${reason}\n`);
}

async function rejectsInTime(attempt: () => Promise<unknown>): Promise<void> {
  const late = new Error('not given up in time');
  const outcome = await Promise.race([
    attempt().then(
      () => new Error('answered'),
      () => null,
    ),
    delay(4_500, late),
  ]);
  expect(outcome).toBeNull();
}

function everyKind(chat: string): Entry[] {
  const strange = 'Ünïcödé 🧗🏽‍♀️ \u2028 "quotes" \\ \t\r\n \u0000 \u{10ffff} end';
  const event = (seq: number, more: Partial<Entry>) => message(chat, seq, { content: '', clientId: null, ...more });
  const target = message(chat, 9, { content: 'before', clientId: strange });
  const edit = editOf(target, 10, strange);
  return [
    event(1, { kind: 'created', detail: { name: strange, access: 'open', visibility: 'joined' }, ordinal: 0 }),
    event(2, { kind: 'renamed', detail: { name: 'other' } }),
    event(3, { kind: 'settings', detail: {} }),
    event(4, { kind: 'joined', detail: { userId: strange } }),
    event(5, { kind: 'left', detail: { userId: 'bob' } }),
    event(6, { kind: 'added', detail: { userId: 'bob' } }),
    event(7, { kind: 'removed', detail: { userId: 'bob' } }),
    event(8, { kind: 'role', detail: { userId: 'bob', role: 'admin' } as Entry['detail'] }),
    { ...target, content: strange, editedAt: edit.createdAt },
    edit,
    event(11, { kind: 'closed', ordinal: Number.MAX_SAFE_INTEGER }),
    message(chat, 12, { content: strange, createdAt: 0 }),
  ];
}
