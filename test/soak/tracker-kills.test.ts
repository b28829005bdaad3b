import { expect, it } from 'vitest'
import { chooseSeed } from '../e2e/random.ts'
import { killAndCount } from './tracker-kills.ts'

const TEST_MS = 180_000
const DEVICES = 20

it(
  'a tracker that is killed in the middle of a rollout has every report in the end, and none twice',
  async () => {
    const seed = chooseSeed()
    const result = await killAndCount({ devices: DEVICES, kills: 2, seed, signal: AbortSignal.timeout(TEST_MS) })
    const all = { began: DEVICES, healthy: DEVICES, failed: 0 }
    expect(result, `seed ${seed}`).toMatchObject({ told: DEVICES * 4, missing: 0, twice: 0, ...all })
    expect(result.sent).toBeGreaterThan(result.told)
  },
  TEST_MS,
)
