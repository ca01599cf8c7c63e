import { expect, test } from 'vitest';
import { Backoff } from './backoff.js';

const bounds = { baseMs: 500, maxMs: 30_000 };

test('a backoff doubles up to its bound, and begins anew after a reset', () => {
  const backoff = new Backoff(() => 0.999_999, bounds);
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999]);
  expect(backoff.attempts).toBe(8);
  backoff.reset();
  expect(backoff.next()).toBe(499);
});

test('a backoff has full jitter: any delay from nothing to the whole', () => {
  let random = 0;
  const backoff = new Backoff(() => random, bounds);
  expect(backoff.next()).toBe(0);
  random = 0.5;
  expect(backoff.next()).toBe(500);
});
