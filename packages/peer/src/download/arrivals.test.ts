import { expect, it } from 'vitest'
import { createArrivals } from './arrivals.ts'

it('tells once of all that came of a span in a row, and loses no byte between sources and spans', () => {
  const arrivals = createArrivals()
  for (const [from, span, bytes] of [
    ['a', 1, 10],
    ['a', 1, 5],
    ['b', 1, 3],
    ['a', 2, 7],
    ['a', 1, 1],
  ] as const)
    arrivals.add(from, span, bytes)
  expect(arrivals.take()).toEqual([
    { from: 'a', span: 1, bytes: 15 },
    { from: 'b', span: 1, bytes: 3 },
    { from: 'a', span: 2, bytes: 7 },
    { from: 'a', span: 1, bytes: 1 },
  ])
  expect(arrivals.take()).toEqual([])
})
