import { expect, test } from 'vitest';
import { SETTINGS } from './settings.js';
import { answerTo } from './usage.js';

test('npm start -- --help lists every setting with its default', () => {
  const { code, text } = answerTo(['--help']) ?? { code: null, text: '' };
  expect(code).toBe(0);
  for (const [name, { byDefault }] of Object.entries(SETTINGS)) expect(text).toMatch(new RegExp(`^  ${name} +${byDefault}`, 'm'));
});

test('any other word on the command line is refused, not ignored', () => {
  expect(answerTo(['--port', '80'])).toMatchObject({ code: 2, text: expect.stringContaining('--port') as string });
  expect(answerTo([])).toBeNull();
});
