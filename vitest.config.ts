import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Node runs the sources as they are; tests start the same files as processes.
    pool: 'forks',
    // One more than the two cores that it is made for: many tests wait for processes.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
