import { expect, test } from 'vitest'
import { createRateFloor } from './rate-floor.ts'

test('bears a slow moment inside a window, and no window that was slow as a whole', () => {
  const floor = createRateFloor(1_000, 100)
  expect(floor.add(900, 0)).toBe(true)
  expect(floor.add(100, 100)).toBe(true)
  expect(floor.add(600, 30)).toBe(true)
  expect(floor.add(600, 30)).toBe(false)
})

test('time in which bytes were ready costs nothing', () => {
  const floor = createRateFloor(1_000, 100)
  for (let i = 0; i < 10_000; i++) expect(floor.add(0, 1)).toBe(true)
})
