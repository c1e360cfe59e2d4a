import { defineConfig } from 'vitest/config';

/** `unit` runs anywhere and touches no machine state; `e2e` needs root on Linux; `fuzz` is seeded and bounded in time. */
export default defineConfig({
  // Node 20 has no `using`; esbuild lowers it as it does in the bundle.
  oxc: { target: 'node20' },
  // What examples import by the package's name is what lies here, not what was built last.
  resolve: { alias: Object.fromEntries(['client', 'operator', 'testing'].map((entry) => [`knarr/${entry}`, `${import.meta.dirname}/src/kit/${entry}/index.ts`])) },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts', 'test/*.test.ts', 'examples/**/*.test.ts'], testTimeout: 30_000, setupFiles: ['test/setup.ts'], pool: 'threads', isolate: false, maxWorkers: 2 } },
      {
        extends: true,
        test: {
          name: 'e2e', include: ['test/scenarios/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 300_000,
          pool: 'forks', fileParallelism: false,
          // Real containers on a machine that others may slow down: in CI a wait that ran out is tried once more, and reported.
          retry: process.env.CI ? 1 : 0,
        },
      },
      { extends: true, test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
});
