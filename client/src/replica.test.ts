import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { revised, type Entry, type Message } from './entries.js';
import { pageOf } from './pages.js';
import { Replica } from './replica.js';
import { newChat, type ChatSummary } from './summary.js';

const ME = 'ann';
const START = 1_000;

/** A log as the server has it: messages of both, edits and deletions of earlier ones. */
const log = fc
  .array(
    fc.record({ kind: fc.constantFrom('message', 'message', 'message', 'edit', 'delete'), mine: fc.boolean(), pick: fc.nat() }),
    { minLength: 1, maxLength: 30 },
  )
  .map((rows) => {
    const entries: Entry[] = [];
    const messages = new Map<string, Message>();
    rows.forEach(({ kind, mine, pick }, index) => {
      const place = { id: `e${index + 1}`, seq: index + 1, from: mine ? ME : 'bob', createdAt: START + index };
      const open = [...messages.values()].filter((message) => message.deletedAt === null);
      const target = open[pick % Math.max(1, open.length)];
      if (kind === 'message' || target === undefined) {
        const message: Message = {
          ...place,
          kind: 'message',
          ordinal: messages.size + 1,
          content: `c${index}`,
          clientMessageId: null,
          editedAt: null,
          deletedAt: null,
        };
        entries.push(message);
        messages.set(message.id, message);
      } else {
        const content = kind === 'edit' ? `edited ${index}` : null;
        const revision = { ...place, kind: 'revision' as const, target: { seq: target.seq, id: target.id }, content };
        entries.push(revision);
        messages.set(target.id, revised(target, revision));
      }
    });
    return { entries, messages: [...messages.values()] };
  });

/** What reaches the device: a live entry, or a page of the log as it stands at the end. */
const arrivals = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('live' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('page' as const), from: fc.nat(), size: fc.integer({ min: 1, max: 8 }) }),
  ),
  { maxLength: 60 },
);

type Log = typeof log extends fc.Arbitrary<infer Value> ? Value : never;

function page({ entries, messages }: Log, from: number, to: number): Entry[] {
  const standing = new Map(messages.map((message) => [message.id, message]));
  return entries.slice(from - 1, to).map((entry) => standing.get(entry.id) ?? entry);
}

function isSorted(entries: readonly Entry[]): boolean {
  return entries.every((entry, index) => entry.seq > (entries[index - 1]?.seq ?? 0));
}

describe('this device’s copy of a conversation', () => {
  test('D2 D4 R24 is sorted and free of duplicates at every moment, and in the end the log, whatever comes when and how often', () => {
    fc.assert(
      fc.property(log, arrivals, (whole, steps) => {
        const replica = new Replica(newChat('c', 'bob', START), ME);
        const news: string[] = [];
        const last = whole.entries.length;
        for (const step of steps) {
          const at = (step.kind === 'live' ? step.pick : step.from) % last;
          const to = Math.min(last, at + (step.kind === 'live' ? 1 : step.size));
          const entry = whole.entries[at];
          const fresh =
            step.kind === 'live'
              ? replica.insert(entry === undefined ? [] : [entry], true)
              : replica.insertPage({ entries: page(whole, at + 1, to), from: at + 1, to, floor: null });
          news.push(...fresh.map((message) => message.id));
          expect(isSorted(replica.log.entries)).toBe(true);
        }
        news.push(
          ...replica.insertPage({ entries: page(whole, 1, last), from: 1, to: last, floor: 1 }).map((message) => message.id),
        );
        expect(replica.log.entries.map((entry) => entry.id)).toEqual(whole.entries.map((entry) => entry.id));
        expect(replica.log.entries.filter((entry) => entry.kind === 'message')).toEqual(whole.messages);
        expect(news.toSorted()).toEqual(whole.messages.map((message) => message.id).toSorted());
        expect(replica.hole()).toBeNull();
      }),
    );
  });

  test('R16 its summary is the server’s once nothing is missing, and each message counts once', () => {
    fc.assert(
      fc.property(log, arrivals, fc.nat(), (whole, steps, cut) => {
        const last = whole.entries.length;
        const given = cut % (last + 1);
        const replica = new Replica(summaryAt(whole, given), ME);
        for (const step of steps) {
          const at = (step.kind === 'live' ? step.pick : step.from) % last;
          const entry = whole.entries[at];
          if (step.kind === 'live' && entry !== undefined) replica.insert([entry], true);
        }
        replica.insertPage({ entries: page(whole, given + 1, last), from: given + 1, to: last, floor: null });
        expect(replica.summary).toEqual(summaryAt(whole, last));
      }),
    );
  });

  test('R20 what may be acknowledged is what was received without a gap, never beyond it', () => {
    fc.assert(
      fc.property(log, arrivals, fc.nat(), (whole, steps, delivered) => {
        const last = whole.entries.length;
        const from = delivered % (last + 1);
        const replica = new Replica({ ...newChat('c', 'bob', START), lastSeq: last, delivered: from }, ME);
        const held = new Set<number>();
        for (const step of steps) {
          const at = (step.kind === 'live' ? step.pick : step.from) % last;
          const to = Math.min(last, at + (step.kind === 'live' ? 1 : step.size));
          for (let seq = at + 1; seq <= to; seq++) held.add(seq);
          replica.insertPage({ entries: page(whole, at + 1, to), from: at + 1, to, floor: null });
          let end = from;
          while (held.has(end + 1)) end += 1;
          expect(replica.prefixEnd()).toBe(end);
        }
      }),
    );
  });

  test('D6 the count of the inbox is a notification: nothing of it is received', () => {
    const replica = new Replica({ ...newChat('c', 'bob', START), lastSeq: 20, delivered: 5, unread: 15 }, ME);
    replica.insert([message(21)], true);
    expect(replica.prefixEnd()).toBe(5);
    expect(replica.summary.unread).toBe(16);
    expect(replica.hole()).toBeNull();
  });

  test('R21 one’s own messages are not unread, and do not move the read cursor', () => {
    const replica = new Replica(newChat('c', 'bob', START), ME);
    replica.insert([message(1), message(2, ME)], true);
    expect(replica.summary).toMatchObject({ unread: 1, read: 0 });
  });

  test('reading up to the middle counts what is held, and guesses only what is not', () => {
    const held = new Replica(newChat('c', 'bob', START), ME);
    held.insert([message(1), message(2), message(3), message(4, ME)], true);
    held.moveRead(2);
    expect(held.summary).toMatchObject({ unread: 1, read: 2, delivered: 2 });
    expect(held.isUnreadExact).toBe(true);

    const unheld = new Replica({ ...newChat('c', 'bob', START), lastSeq: 9, ordinal: 9, unread: 9 }, ME);
    unheld.moveRead(4);
    expect(unheld.isUnreadExact).toBe(false);
    unheld.replaceSummary({ ...newChat('c', 'bob', START), lastSeq: 9, ordinal: 9, unread: 5, read: 4 });
    expect(unheld.isUnreadExact).toBe(true);
    expect(unheld.summary.unread).toBe(5);
  });

  test('an older summary does not take away what came after it', () => {
    const replica = new Replica(newChat('c', 'bob', START), ME);
    replica.insert([message(1), message(2)], true);
    replica.replaceSummary({ ...newChat('c', 'bob', START), lastSeq: 1, ordinal: 1, unread: 1 });
    expect(replica.summary).toMatchObject({ lastSeq: 2, unread: 2, lastMessage: { seq: 2 } });
  });

  test('an edit that comes before its message is in it', () => {
    const replica = new Replica(newChat('c', 'bob', START), ME);
    replica.insert(
      [{ kind: 'revision', id: 'r', seq: 2, from: 'bob', createdAt: START, target: { seq: 1, id: 'm1' }, content: 'new' }],
      true,
    );
    const [news] = replica.insert([message(1)], true);
    expect(news?.content).toBe('new');
    expect(replica.summary.lastMessage?.content).toBe('new');
  });

  test('dropping the oldest keeps counts, and marks what is dropped as not held', () => {
    const replica = new Replica(newChat('c', 'bob', START), ME);
    replica.open();
    replica.wantFrom(1);
    replica.insert(
      Array.from({ length: 10 }, (_, index) => message(index + 1)),
      true,
    );
    replica.trim(4);
    expect(replica.log.entries.map((entry) => entry.seq)).toEqual([7, 8, 9, 10]);
    expect(replica.hasOlder).toBe(true);
    expect(replica.hole()).toBeNull();
    expect(replica.insertPage({ entries: [message(6)], from: 6, to: 6, floor: null })).toEqual([]);
    expect(replica.summary.unread).toBe(10);
  });
});

describe('R15 a page makes complete what it says that it covers', () => {
  const reply = { messages: [], events: [], coversFrom: 21, coversTo: 50, hasMore: false };

  test('and the part between it and what was asked for, in which nothing can be read', () => {
    expect(pageOf(reply, { kind: 'after', seq: 5 })).toMatchObject({ from: 6, to: 50, floor: null });
    expect(pageOf(reply, { kind: 'before', seq: 60 })).toMatchObject({ from: 21, to: 59, floor: 21 });
    expect(pageOf(reply, { kind: 'newest' })).toMatchObject({ from: 21, to: 50, floor: 21 });
  });

  test('and an empty one nothing', () => {
    const empty = { ...reply, coversFrom: 1, coversTo: 0 };
    for (const asked of [{ kind: 'after', seq: 5 }, { kind: 'before', seq: 60 }, { kind: 'newest' }] as const) {
      const { from, to } = pageOf(empty, asked);
      expect(to).toBeLessThan(from);
    }
    expect(pageOf(empty, { kind: 'before', seq: 60 }).floor).toBe(60);
  });
});

function message(seq: number, from = 'bob'): Message {
  return {
    kind: 'message',
    id: `m${seq}`,
    seq,
    from,
    createdAt: START,
    ordinal: seq,
    content: `c${seq}`,
    clientMessageId: null,
    editedAt: null,
    deletedAt: null,
  };
}

/** What the server's inbox says when the log ends at `seq`. */
function summaryAt({ entries }: Log, seq: number): ChatSummary {
  const part = entries.slice(0, seq);
  const standing = new Map<string, Message>();
  for (const entry of part) {
    if (entry.kind === 'message') standing.set(entry.id, entry);
    if (entry.kind !== 'revision') continue;
    const target = standing.get(entry.target.id);
    if (target !== undefined) standing.set(target.id, revised(target, entry));
  }
  const messages = [...standing.values()];
  return {
    ...newChat('c', 'bob', START),
    lastSeq: seq,
    ordinal: messages.length,
    unread: messages.filter((entry) => entry.from !== ME).length,
    lastAt: part.at(-1)?.createdAt ?? START,
    lastMessage: messages.at(-1) ?? null,
  };
}
