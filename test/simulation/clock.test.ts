import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createClock } from './clock.ts'

it('lets things happen in order of time, and what is due together in the order in which it was asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
      const clock = createClock()
      const happened: [number, number][] = []
      times.forEach((ms, at) => clock.at(ms, () => happened.push([clock.nowMs, at])))
      clock.run(100, () => false)
      const expected = times.map((ms, at): [number, number] => [ms, at]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(happened).toEqual(expected)
    }),
  )
})

it('stops when time is up, and refuses what is over', () => {
  const clock = createClock()
  let happened = 0
  clock.at(10, () => happened++)
  clock.at(11, () => happened++)
  clock.run(10, () => false)
  expect(happened).toBe(1)
  expect(() => clock.at(5, () => undefined)).toThrow(/5 ms is over/)
})
