import type { policies } from 'cassandra-driver';
import { expect, it } from 'vitest';
import { RetryOnce } from './retry.js';

const attempt = (nbRetry: number, isIdempotent: boolean) =>
  ({ query: '', nbRetry, executionOptions: { isIdempotent: () => isIdempotent } }) as policies.retry.OperationInfo;

it('R19 what is idempotent is tried once more, at another node; nothing else is', () => {
  const policy = new RetryOnce();
  for (const decide of ['onReadTimeout', 'onWriteTimeout', 'onUnavailable', 'onRequestError'] as const) {
    expect(policy[decide](attempt(0, true))).toEqual({ decision: 1, useCurrentHost: false, consistency: undefined });
    expect(policy[decide](attempt(1, true))).toEqual({ decision: 0 });
    expect(policy[decide](attempt(0, false))).toEqual({ decision: 0 });
  }
});
