/** A short run of `npm run fuzz`. SHOAL_FUZZ_SEED and SHOAL_FUZZ_ROUNDS make it another, and longer. */
import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const SEED = Number(process.env['SHOAL_FUZZ_SEED'] ?? 1)
const ROUNDS = Number(process.env['SHOAL_FUZZ_ROUNDS'] ?? 200)

test.each(TARGETS)('$name reads or refuses whatever comes, soon and without much memory', async (target) => {
  const { taken, refused } = await fuzz(target, { seed: SEED, rounds: ROUNDS })
  expect(taken + refused).toBe(ROUNDS)
  expect(refused).toBeGreaterThan(0)
})
