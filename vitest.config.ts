import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'protocol/src/**/*.test.ts',
      'server/src/**/*.test.ts',
      'client/src/**/*.test.ts',
      'test/**/*.test.ts',
      'benchmark/src/**/*.test.ts',
    ],
    pool: 'threads',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Whole servers share two cores with the tests: more at once only makes each slower.
    maxWorkers: 2,
  },
});
