import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stack, ticksTo } from './scale.ts'

it('reaches the largest value in a few round steps', () => {
  expect(ticksTo(12)).toEqual([0, 5, 10, 15])
  expect(ticksTo(100)).toEqual([0, 25, 50, 75, 100])
  expect(ticksTo(0)).toEqual([0, 1])
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e15, noNaN: true }), (max) => {
      const ticks = ticksTo(max)
      const last = ticks.at(-1) ?? 0
      expect(last).toBeGreaterThanOrEqual(max * (1 - 1e-6))
      expect(ticks.length).toBeGreaterThanOrEqual(2)
      expect(ticks.length).toBeLessThanOrEqual(6)
    }),
  )
})

it('stacks parts without gaps', () => {
  expect(stack([1, 0, 2])).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 1 },
    { from: 1, to: 3 },
  ])
})
