import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ranges } from './ranges.js';

const MAX = 40;
const range = fc
  .tuple(fc.integer({ min: 1, max: MAX }), fc.integer({ min: 0, max: 8 }))
  .map(([from, length]) => ({ from, to: from + length - 1 }));
const all = Array.from({ length: MAX + 10 }, (_, index) => index + 1);

function both(added: { from: number; to: number }[], below: number): { ranges: Ranges; set: Set<number> } {
  const ranges = new Ranges();
  const set = new Set<number>();
  for (const { from, to } of added) {
    ranges.add(from, to);
    for (let seq = from; seq <= to; seq++) set.add(seq);
  }
  ranges.removeBelow(below);
  return { ranges, set: new Set([...set].filter((seq) => seq >= below)) };
}

describe('ranges', () => {
  test('are a set of seqs', () => {
    fc.assert(
      fc.property(fc.array(range), fc.nat(MAX), (added, below) => {
        const { ranges, set } = both(added, below);
        expect(all.filter((seq) => ranges.contains(seq))).toEqual(all.filter((seq) => set.has(seq)));
        expect(ranges.end).toBe(Math.max(0, ...set));
      }),
    );
  });

  test('are sorted, and neither overlap nor touch', () => {
    fc.assert(
      fc.property(fc.array(range), fc.nat(MAX), (added, below) => {
        const { list } = both(added, below).ranges;
        list.forEach(({ from, to }, index) => {
          expect(from).toBeLessThanOrEqual(to);
          expect(from).toBeGreaterThan((list[index - 1]?.to ?? -1) + 1);
        });
      }),
    );
  });

  test('know runs, holes and cover', () => {
    fc.assert(
      fc.property(fc.array(range), range, (added, { from, to }) => {
        const { ranges, set } = both(added, 0);
        const asked = all.filter((seq) => seq >= from && seq <= to);
        expect(ranges.covers(from, to)).toBe(asked.every((seq) => set.has(seq)));
        let end = from - 1;
        while (set.has(end + 1)) end += 1;
        expect(ranges.runEnd(from)).toBe(end);
        let start = to + 1;
        while (set.has(start - 1)) start -= 1;
        expect(ranges.runStart(to)).toBe(start);
        const missing = asked.find((seq) => !set.has(seq));
        const next = asked.find((seq) => seq > (missing ?? 0) && set.has(seq));
        expect(ranges.firstHole(from, to)).toEqual(missing === undefined ? null : { from: missing, to: (next ?? to + 1) - 1 });
      }),
    );
  });
});
