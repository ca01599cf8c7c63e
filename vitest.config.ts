import { defineConfig } from 'vitest/config';

/** What is told on both profiles: whole servers, through their doors. */
const TOLD_ON_BOTH = ['test/stories/**/*.test.ts', 'test/protocol/**/*.test.ts', 'test/http/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'threads',
    // A whole server takes a second to load: once for each worker, not once for each file. What modules keep is no file's own.
    isolate: false,
    testTimeout: 30_000,
    // Nothing is timed by it: to drop a database waits for a checkpoint of what all other tests write.
    hookTimeout: 60_000,
    // Whole servers share two cores with the tests: more at once only makes each slower.
    maxWorkers: 2,
    // What waits for the most part of its time, as for an outage to end.
    maxConcurrency: 8,
    // In the order of their names: those with the shortest files come last, so that both workers end together.
    projects: [
      {
        extends: true,
        test: {
          name: 'embedded',
          include: ['{protocol,server,client,benchmark,web}/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['server/src/cluster/**', 'test/cluster/**', 'test/browser/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/world/chromium.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: ['server/src/cluster/**/*.test.ts', 'test/cluster/**/*.test.ts', ...TOLD_ON_BOTH],
          globalSetup: ['test/world/services.ts', 'test/world/chromium.ts'],
          env: { PARLEY_TEST_PROFILE: 'cluster' },
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster-on-redis-cluster',
          include: ['test/stories/**/*.test.ts'],
          globalSetup: 'test/world/services.ts',
          env: { PARLEY_TEST_PROFILE: 'cluster', PARLEY_TEST_REDIS: 'cluster' },
        },
      },
    ],
  },
});
