import { expect, test } from 'vitest';
import { uuidV7 } from './uuid-v7.js';

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('is a version 7 UUID of its time', () => {
  const now = Date.now() + 1_000;
  const id = uuidV7(now);
  expect(id).toMatch(PATTERN);
  expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(now);
});

test('100,000 in no time, with a clock that stands and goes back, are all different and in order', () => {
  const start = Date.now() + 2_000;
  const ids = Array.from({ length: 100_000 }, (_, i) => uuidV7(start - (i % 3)));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(ids.every((id) => PATTERN.test(id))).toBe(true);
});
