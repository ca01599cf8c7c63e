import { expect, test } from 'vitest';
import { newerSteps } from './steps.js';

const KNOWN = ['0001_initial', '0002_add_topics'];

test('steps of a newer build that only add are worked beside', () => {
  expect(newerSteps([], KNOWN)).toEqual([]);
  expect(newerSteps(KNOWN, KNOWN)).toEqual([]);
  expect(newerSteps([...KNOWN, '0003_add_colours'], KNOWN)).toEqual(['0003_add_colours']);
});

test('one that takes something away is worked beside by builds that know the step which it names, and refused by older ones', () => {
  const applied = [...KNOWN, '0003_add_colours', '0004_drop_topics_after_0003'];
  expect(newerSteps(applied, [...KNOWN, '0003_add_colours'])).toEqual(['0004_drop_topics_after_0003']);
  expect(() => newerSteps(applied, KNOWN)).toThrow(
    'step 0004_drop_topics_after_0003: it needs a build that knows step 0003, and this one knows 0002_add_topics; start a newer version',
  );
});
