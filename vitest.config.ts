import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Node runs the sources as they are; tests start the same files as processes.
    pool: 'forks',
    maxWorkers: 2,
    // Nothing keeps state in a module: files of one worker share what they import.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
