import { describe, expect, test } from 'vitest';
import { checkCrowd, findingsText, isRight, type Shown, type Witness } from './crowd-check.js';
import { percentile } from './percentile.js';

const said = new Map([
  ['ann', ['a1', 'a2']],
  ['bob', ['b1']],
]);
const shown = (seq: number, from: string, content: string): Shown => ({ id: `m${seq}`, seq, from, content });
const all = [shown(1, 'ann', 'a1'), shown(2, 'bob', 'b1'), shown(3, 'ann', 'a2')];
const witness = (timeline: Shown[], announced: Shown[] = timeline): Witness => ({ username: 'carol', timeline, announced });
const right = witness(all);
const findings = (wrong: Witness) => checkCrowd(said, [right, wrong])[1];

describe('what a crowd was shown', () => {
  test('is right if everybody has everything, once, in one order', () => {
    expect(checkCrowd(said, [right, right]).every(isRight)).toBe(true);
  });

  test('a message that is missing is found', () => {
    expect(findings(witness(all.slice(0, 2)))).toMatchObject({ missing: 1, repeated: 0 });
  });

  test('one that is there twice, or was announced twice, is found', () => {
    expect(findings(witness([...all, ...all.slice(2)]))).toMatchObject({ repeated: 2 });
    expect(findings(witness(all, [...all, ...all.slice(0, 1)]))).toMatchObject({ repeated: 1 });
  });

  test('an order that is not that of the log, or not that in which somebody spoke, is found', () => {
    expect(findings(witness(all.toReversed()))).toMatchObject({ disordered: 3 });
    const swapped = [shown(1, 'ann', 'a2'), shown(2, 'bob', 'b1'), shown(3, 'ann', 'a1')];
    expect(findings(witness(swapped))).toMatchObject({ disordered: 1 });
  });

  test('one that stands elsewhere than with the others is found', () => {
    const wrong = findings(witness([shown(1, 'ann', 'a1'), { ...shown(2, 'bob', 'b1'), id: 'm9' }, shown(3, 'ann', 'a2')]));
    expect(wrong).toMatchObject({ missing: 0, different: 1 });
    expect(wrong && findingsText(wrong)).toContain('1 different');
  });
});

test('percentiles are values that were there', () => {
  expect([50, 95, 100].map((percent) => percentile([3, 1, 2, 10], percent))).toEqual([2, 10, 10]);
  expect(percentile([], 50)).toBe(0);
});
