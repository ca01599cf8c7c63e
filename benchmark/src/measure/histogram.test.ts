import { expect, test } from 'vitest';
import { Histogram } from './histogram.js';

test('quantiles are within 1.6 % of the values, at every size', () => {
  const values = Array.from({ length: 20_000 }, (_, i) => Math.floor(1.0008 ** i));
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exact = values[Math.ceil(values.length * share) - 1] ?? 0;
    expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact);
    expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * 1.016 + 1);
  }
});

test('nothing was counted: everything is 0', () => {
  expect(new Histogram().summary()).toEqual({ count: 0, mean: 0, p50: 0, p95: 0, p99: 0, p999: 0, max: 0 });
});
