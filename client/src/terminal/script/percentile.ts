/** The value that so many per cent do not exceed; 0 of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

/** The middle and the slow end of durations in milliseconds. */
export function timesText(values: readonly number[]): string {
  const [p50, p95, max] = [50, 95, 100].map((percent) => Math.round(percentile(values, percent)));
  return `p50 ${p50} ms, p95 ${p95} ms, longest ${max} ms`;
}
