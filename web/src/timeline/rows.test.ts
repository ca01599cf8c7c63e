import type { GroupEntry, Message, TimelineItem } from '@parley/client';
import { expect, test } from 'vitest';
import { Rows, rowsOf, type RowsOf } from './rows.js';

const HOUR_MS = 3_600_000;

/** Numbers that look random, the same for a seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const place = (seq: number, from: string, createdAt: number) => ({ id: `m${seq}`, seq, from, createdAt });
const message = (seq: number, from: string, createdAt: number, content = ''): Message => ({
  kind: 'message',
  ...place(seq, from, createdAt),
  ordinal: seq,
  content,
  clientMessageId: null,
  editedAt: null,
  deletedAt: null,
});
const event = (seq: number, from: string, createdAt: number): GroupEntry => ({
  kind: 'event',
  ...place(seq, from, createdAt),
  event: 'renamed',
  name: 'Climbing',
  username: null,
  role: null,
  access: null,
  visibility: null,
});

test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
  'whatever changes, what is drawn on is what would be drawn anew (seed %i)',
  (seed) => {
    const roll = dice(seed);
    // A log in which days and authors change, and two thirds of an hour pass between most messages.
    const at = (seq: number) => 1_790_000_000_000 + seq * (roll(4) === 0 ? 1_000 : HOUR_MS / 1.5);
    const times = Array.from({ length: 400 }, (_, index) => at(index + 1)).sort((a, b) => a - b);
    const log = times.map((createdAt, index) =>
      (roll(9) === 0 ? event : message)(index + 1, ['ann', 'bob', 'eve'][roll(3)] ?? 'ann', createdAt),
    );
    let [first, last] = [200, 200 + roll(5)];
    const edited = new Map<number, Message>();
    const missing = new Set<number>();
    let asked: RowsOf = { items: [], hasOlder: true, me: 'ann', unreadAfter: roll(2) === 0 ? 190 + roll(40) : null };
    const rows = new Rows();
    for (let turn = 0; turn < 40; turn++) {
      switch (roll(6)) {
        case 0:
          first = Math.max(0, first - roll(30));
          break;
        case 1:
          last = Math.min(log.length, last + roll(6));
          break;
        case 2: {
          const seq = first + roll(Math.max(1, last - first));
          const held = log[seq];
          if (held?.kind === 'message') edited.set(seq, { ...held, content: `edited ${turn}` });
          break;
        }
        case 3:
          missing.add(first + roll(Math.max(1, last - first)));
          break;
        case 4:
          missing.clear();
          break;
        default:
          if (roll(4) === 0) asked = { ...asked, unreadAfter: asked.unreadAfter === null ? first + roll(50) : null };
      }
      const items: TimelineItem[] = [];
      for (let index = first; index < last; index++) {
        const held = edited.get(index) ?? log[index];
        if (missing.has(index)) items.push({ kind: 'gap', from: index + 1, to: index + 1 });
        else if (held !== undefined) items.push(held);
      }
      asked = { ...asked, items, hasOlder: first > 0 };
      expect(rows.of(asked)).toEqual(rowsOf(asked));
    }
  },
);

test('a page that comes in above leaves the rows below as the same objects, but for the one that it touches', () => {
  const log = Array.from({ length: 1_000 }, (_, index) => message(index + 1, 'bob', 1_790_000_000_000 + index));
  const rows = new Rows();
  const asked = { hasOlder: true, me: 'ann', unreadAfter: null };
  const before = rows.of({ ...asked, items: log.slice(100) });
  const after = rows.of({ ...asked, items: log });
  expect(after.length - before.length).toBe(100);
  expect(after.slice(103).every((row, index) => row === before[index + 3])).toBe(true);
});
