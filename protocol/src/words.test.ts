import { expect, test } from 'vitest';
import { z } from 'zod';
import { wordsFor } from './words.js';

test.each([
  [z.string().min(3), 'ab', 'expected at least 3 characters'],
  [z.string().min(1), '', 'expected at least 1 character'],
  [z.array(z.string()).max(2), ['a', 'b', 'c'], 'expected at most 2 items'],
  [z.number().min(1), 0, 'expected at least 1'],
  [z.number().positive(), 0, 'expected more than 0'],
  [z.number().lt(5), 5, 'expected less than 5'],
  [z.int(), 1.5, 'expected a whole number'],
  [z.string(), undefined, 'expected a string'],
  [z.object({}), [], 'expected an object'],
  [z.array(z.string()), 'a', 'expected a list'],
  [z.enum(['open', 'invite']), 'closed', 'expected one of "open", "invite"'],
  [z.literal('group'), 'chat', 'expected "group"'],
  [z.strictObject({}), { extra: 1 }, 'expected no "extra"'],
  [z.string().regex(/^a/, 'expected an "a" first'), 'b', 'expected an "a" first'],
])('what was wrong is said as what was expected: %#', (schema, value, words) => {
  const issue = schema.safeParse(value).error?.issues[0];
  expect(issue && wordsFor(issue)).toBe(words);
});
