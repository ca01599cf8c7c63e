import { expect, test } from 'vitest';
import { Refusal } from '@parley/protocol';
import { LimitReached, patiently } from '../../server/src/tools/seed/patience.js';

const limited = (retryAfterMs: number) => new Refusal('rate_limited', undefined, { retryAfterMs });

test('a short wait is waited', async () => {
  const answers = [limited(1), limited(2), null];
  const answer = await patiently('LIMIT_MESSAGES_PER_S', () => {
    const refusal = answers.shift();
    return refusal ? Promise.reject(refusal) : Promise.resolve('sent');
  });
  expect(answer).toBe('sent');
});

test('a long one is not: the limit is named', async () => {
  const attempt = patiently('LIMIT_JOINS_PER_MIN', () => Promise.reject(limited(60_000)));
  await expect(attempt).rejects.toThrow(LimitReached);
  await expect(attempt).rejects.toThrow(/LIMIT_JOINS_PER_MIN stops this: it takes the next one in 60 s/);
});

test('and not for ever', async () => {
  let tries = 0;
  const attempt = patiently('LIMIT_MESSAGES_PER_S', () => {
    tries += 1;
    return Promise.reject(limited(0));
  });
  await expect(attempt).rejects.toThrow(LimitReached);
  expect(tries).toBe(30);
});

test('any other refusal goes on as it is', async () => {
  const refusal = new Refusal('blocked');
  await expect(patiently('LIMIT_MESSAGES_PER_S', () => Promise.reject(refusal))).rejects.toBe(refusal);
});
