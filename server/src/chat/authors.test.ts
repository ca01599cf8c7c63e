import { describe, expect, test } from 'vitest';
import type { ConversationStore } from '../ports/conversations.js';
import type { Cursors, Entry, LogStore, PageQuery } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import { Authors } from './authors.js';
import { Rosters, type Room } from './rosters.js';

/** A log of so many entries, each by somebody else, that counts how often it is read. */
function logOf(lastSeq: number) {
  const asked: PageQuery[] = [];
  const entry = (seq: number) => ({ seq, senderId: `user-${seq}`, detail: null, kind: 'message' }) as Entry;
  const page: LogStore['page'] = async (query) => {
    asked.push(query);
    const to = Math.min(query.to, lastSeq);
    const from = Math.max(query.from, to - query.limit + 1);
    return { entries: range(from, to).map(entry), coversFrom: from, coversTo: to, hasMore: from > 1 };
  };
  const rosters = new Rosters({} as ConversationStore, {} as Meter);
  const room = { id: 'group', members: new Map(), membersVersion: 1, recent: [] } as unknown as Room;
  const append = (seq: number) => rosters.follow(room, { entries: [entry(seq)], membersVersion: 1, repeated: false });
  return { authors: new Authors({ page }, rosters), room, asked, append };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const users = (from: number, to: number) => new Set(range(from, to).map((seq) => `user-${seq}`));
const moved = (before: number, to: number): Cursors => ({
  delivered: to,
  read: to,
  unread: 0,
  moved: true,
  deliveredBefore: before,
  readBefore: before,
});

describe('the authors of what was passed', () => {
  test('are remembered of what was delivered here: the log is not asked', () => {
    const { authors, room, asked, append } = logOf(0);
    for (const seq of range(1, 50)) append(seq);
    expect(authors.passed(room, moved(40, 45))).toEqual(users(41, 45));
    expect(authors.passed(room, { ...moved(40, 45), readBefore: 45 })).toEqual(users(41, 45));
    expect(asked).toEqual([]);
  });

  test('D9 are read once after a restart, however many pass them, then or later', async () => {
    const { authors, room, asked, append } = logOf(500);
    const readers = range(1, 250).map(async (n) => authors.passed(room, moved(400 + (n % 90), 500)));
    expect(await readers[0]).toEqual(users(402, 500));
    expect(await Promise.all(readers)).toHaveLength(250);
    for (const seq of range(501, 510)) append(seq);
    expect(authors.passed(room, moved(420, 510))).toEqual(users(421, 510));
    expect(asked).toHaveLength(1);
  });

  test('D9 are those of the newest 128 entries, however much was passed', async () => {
    const { authors, room } = logOf(5_000);
    expect(await authors.passed(room, moved(0, 5_000))).toEqual(users(4_873, 5_000));
  });

  test('D9 are found also far back, and no more is remembered for that', async () => {
    const { authors, room, append } = logOf(5_000);
    for (const seq of range(5_001, 5_300)) append(seq);
    for (const upTo of range(1, 20)) {
      expect(await authors.passed(room, moved(upTo * 200 - 3, upTo * 200))).toEqual(users(upTo * 200 - 2, upTo * 200));
    }
    expect(room.recent.length).toBeLessThanOrEqual(256);
    expect(authors.passed(room, moved(5_290, 5_300))).toEqual(users(5_291, 5_300));
  });

  test('are each told once if an entry is read from the log before it is delivered here', async () => {
    const { authors, room, append } = logOf(10);
    expect(await authors.passed(room, moved(8, 10))).toEqual(users(9, 10));
    for (const seq of [10, 11]) append(seq);
    expect(room.recent.map(({ seq }) => seq)).toEqual(range(1, 11));
  });

  test('are asked for again after the log could not be read', async () => {
    const { room, append } = logOf(0);
    append(9);
    let tries = 0;
    const page: LogStore['page'] = async () => {
      if (tries++ === 0) throw new Error('busy');
      return { entries: [], coversFrom: 1, coversTo: 0, hasMore: false };
    };
    const authors = new Authors({ page }, { remember: () => undefined });
    await expect(authors.passed(room, moved(7, 9))).rejects.toThrow('busy');
    expect(await authors.passed(room, moved(7, 9))).toEqual(new Set());
  });
});
