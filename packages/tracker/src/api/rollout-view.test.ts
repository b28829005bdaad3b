import { expect, it } from 'vitest'
import { someRollout, someTotals } from '../fixture/rollout.ts'
import { explainGate } from './rollout-view.ts'

const MINUTE_MS = 60_000
const finished = (...args: Parameters<typeof explainGate>): string | undefined =>
  explainGate(...args).find(({ name }) => name === 'finished')?.text

const half = someRollout({ openedAtMs: [0, 0], passedAtMs: [0] })
const canary = someTotals({ target: 3, healthy: 3 })

it('says of a ring that matches nobody whom it is for, how many are known, and what comes of it', () => {
  expect(finished(half, [canary, someTotals()], 15 * MINUTE_MS)).toBe(
    'waiting: nobody matches ring half (50 % of all devices), known devices in all rings: 3; it waits for somebody, and pauses in 45m',
  )
})

it('says that a ring whose devices are all silent has nobody to tell anything', () => {
  const silent = someTotals({ target: 2, silent: { offline: 1, online: 1 } })
  expect(finished(half, [canary, silent], 15 * MINUTE_MS)).toBe(
    'waiting: all 2 devices of ring half are silent; it waits for somebody, and pauses in 45m',
  )
})

it('promises no pause of a rollout that is paused already', () => {
  expect(finished({ ...half, state: 'paused' }, [canary, someTotals()], 0)).toBe(
    'waiting: nobody matches ring half (50 % of all devices), known devices in all rings: 3',
  )
})

it('counts those that have finished of those that are there', () => {
  expect(finished(half, [canary, someTotals({ target: 4, healthy: 1 })], 0)).toBe(
    '1 of 4 have finished; 4 (90 %) are wanted',
  )
})
