import { expect, test } from 'vitest';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { Heard } from './heard.js';

const MINUTE_MS = 60_000;
const CHAT = 'chat';
/** Entry n was made at n × 10. */
const range = (from: number, to: number, firstAt = from * 10) => ({ conversationId: CHAT, from, to, firstAt });

function hearing(...seqs: number[]) {
  const runtime = new ManualRuntime();
  const heard = new Heard(runtime);
  for (const seq of seqs) expect(heard.add(CHAT, seq, seq * 10)).toBe(true);
  return { heard, runtime };
}

test('R13 an entry that comes again is told, in whatever order they came, for a minute at least', () => {
  const { heard, runtime } = hearing(3, 4, 7, 5, 6, 1);
  runtime.advance(MINUTE_MS - 1);
  for (const seq of [1, 3, 4, 5, 6, 7]) expect(heard.add(CHAT, seq, seq * 10)).toBe(false);
  expect(heard.add('another', 3, 30)).toBe(true);
  expect(heard.add(CHAT, 2, 20)).toBe(true);
  runtime.advance(2 * MINUTE_MS);
  expect(heard.add(CHAT, 3, 30)).toBe(true);
});

test('R9 what is missing of a range goes from the lowest to the highest that did not come', () => {
  const { heard } = hearing(1, 2, 4, 6);
  expect(heard.missing(range(1, 2))).toBeNull();
  expect(heard.missing(range(1, 4))).toEqual({ from: 3, to: 3 });
  expect(heard.missing(range(1, 8))).toEqual({ from: 3, to: 8 });
  expect(heard.missing(range(2, 6))).toEqual({ from: 3, to: 5 });
  expect(heard.missing(range(6, 6))).toBeNull();
});

test('R5 a seq of a later time is of a log that numbers anew: it is new, and so is what else that log says', () => {
  const { heard } = hearing(1, 2, 3, 4, 5);
  expect(heard.add(CHAT, 4, 90)).toBe(true);
  expect(heard.add(CHAT, 4, 90)).toBe(false);
  expect(heard.add(CHAT, 5, 95)).toBe(true);
  const { heard: another } = hearing(1, 2, 3, 4, 5);
  expect(another.missing(range(4, 7, 95))).toEqual({ from: 4, to: 7 });
});
