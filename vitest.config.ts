import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // The programs start from one file each, as they do for people.
    globalSetup: ['bundle.ts'],
    // Node runs the sources as they are.
    pool: 'forks',
    maxWorkers: 2,
    // Nothing keeps state in a module: files of one worker share what they import.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that is busy is slow, not wrong.
    expect: { poll: { timeout: 20_000 } },
  },
})
