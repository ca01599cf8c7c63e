import { expect, test } from 'vitest';
import type { Logger } from '../ports/logger.js';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { OutageLog } from './outage-log.js';

test('D9 a thousand errors of one outage are a line every five seconds, and the first is told at once', () => {
  const lines: unknown[] = [];
  const logger = { warn: (about: object) => lines.push(about) } as unknown as Logger;
  const runtime = new ManualRuntime();
  const log = new OutageLog(logger, runtime, 'away');
  const error = new Error('gone');
  for (let second = 0; second < 10; second++) {
    for (let n = 0; n < 100; n++) log.note(error);
    runtime.advance(1_000);
  }
  runtime.advance(60_000);
  expect(lines).toEqual([{ err: error }, { err: error, more: 499 }, { err: error, more: 500 }]);
});
