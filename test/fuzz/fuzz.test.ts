/** A short run of `npm run fuzz`. SHOAL_FUZZ_SEED and SHOAL_FUZZ_ROUNDS make it another, and longer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { heldBytes } from './cost.ts'
import { fuzz } from './fuzz.ts'
import { HELD_BYTES_MAX } from './limits.ts'
import { TARGETS } from './targets.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

const SEED = Number(process.env['SHOAL_FUZZ_SEED'] ?? 1)
const ROUNDS = Number(process.env['SHOAL_FUZZ_ROUNDS'] ?? 150)

let watchdog: Watchdog
beforeAll(() => void (watchdog = startWatchdog()))
afterAll(() => watchdog[Symbol.asyncDispose]())

test.each(TARGETS)('$name: whatever comes is taken or refused, soon and without much memory', async (target) => {
  const { taken, refused } = await fuzz(target, { seed: SEED, rounds: ROUNDS, watchdog })
  expect(taken + refused).toBe(ROUNDS)
  expect(refused).toBeGreaterThan(0)
})

test('nothing is held of what was read', async () => {
  const before = await heldBytes()
  for (const target of TARGETS) await fuzz(target, { seed: SEED + 1, rounds: 10, watchdog })
  expect((await heldBytes()) - before).toBeLessThan(HELD_BYTES_MAX)
})
