import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bucket, Buckets } from './rate-limit.js';

/** A bucket as one would explain it: tokens that drip in. What is tested keeps one number instead. */
class PlainBucket {
  #tokens: number;
  #at = 0;
  constructor(
    readonly perS: number,
    readonly burst: number,
  ) {
    this.#tokens = burst;
  }
  take(now: number): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1_000) * this.perS);
    this.#at = now;
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}

const rates = fc.record({ perS: fc.constantFrom(0.01, 0.5, 1, 30, 200), burst: fc.integer({ min: 1, max: 200 }) });
const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 })), { maxLength: 300 });

describe('Buckets', () => {
  test('lets through exactly what a bucket of tokens does', () => {
    fc.assert(
      fc.property(rates, pauses, (rate, waits) => {
        let now = 0;
        const buckets = new Buckets(rate, () => now);
        const plain = new PlainBucket(rate.perS, rate.burst);
        for (const wait of waits) {
          now += wait;
          expect(buckets.take('ann').ok).toBe(plain.take(now));
        }
      }),
    );
  });

  test('what it says to wait is enough, and not a millisecond more', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 400 }), (rate, takes) => {
        let now = 0;
        const buckets = new Buckets(rate, () => now);
        for (let i = 0; i < takes; i++) buckets.take('ann');
        const refused = buckets.take('ann');
        if (refused.ok) return;
        now += refused.retryAfterMs - 1;
        expect(buckets.take('ann').ok).toBe(false);
        now += 1;
        expect(buckets.take('ann').ok).toBe(true);
      }),
    );
  });

  test('a refusal takes nothing', () => {
    let now = 0;
    const buckets = new Buckets({ perS: 1, burst: 1 }, () => now);
    expect(buckets.take('ann')).toEqual({ ok: true });
    for (let i = 0; i < 100; i++) expect(buckets.take('ann')).toEqual({ ok: false, retryAfterMs: 1_000 });
    now = 1_000;
    expect(buckets.take('ann')).toEqual({ ok: true });
  });

  test('keys do not share', () => {
    const buckets = new Buckets({ perS: 1, burst: 1 }, () => 0);
    expect([buckets.take('ann').ok, buckets.take('bob').ok, buckets.take('ann').ok]).toEqual([true, true, false]);
  });

  test('a cost above the burst takes a full bucket, not for ever nothing', () => {
    let now = 0;
    const buckets = new Buckets({ perS: 10, burst: 5 }, () => now);
    expect(buckets.take('ann', 50).ok).toBe(true);
    expect(buckets.take('ann', 50)).toEqual({ ok: false, retryAfterMs: 500 });
    now = 500;
    expect(buckets.take('ann', 50).ok).toBe(true);
  });

  test('rate 0 is off, and keeps nothing', () => {
    const buckets = new Buckets({ perS: 0, burst: 1 }, () => 0);
    for (let i = 0; i < 1_000; i++) expect(buckets.take(`user ${i}`).ok).toBe(true);
    expect(buckets.size).toBe(0);
  });

  test('D9: keeps at most so many keys, and forgets the one unused for longest', () => {
    const buckets = new Buckets({ perS: 1, burst: 1 }, () => 0, 3);
    for (const key of ['a', 'b', 'c']) buckets.take(key);
    buckets.take('a');
    buckets.take('d');
    expect(buckets.size).toBe(3);
    expect(buckets.take('a').ok).toBe(false);
    expect(buckets.take('b').ok).toBe(true);
  });

  test('spend throws the refusal with the time to wait', () => {
    const buckets = new Buckets({ perS: 2, burst: 1 }, () => 0);
    buckets.spend('ann');
    expect(() => buckets.spend('ann')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterMs: 500 }) as Error);
  });
});

test('Bucket: the same, for one', () => {
  const bucket = new Bucket({ perS: 10, burst: 2 });
  expect([bucket.take(0).ok, bucket.take(0).ok, bucket.take(0), bucket.take(100).ok]).toEqual([
    true,
    true,
    { ok: false, retryAfterMs: 100 },
    true,
  ]);
  expect(new Bucket({ perS: 0, burst: 1 }).take(0).ok).toBe(true);
});
