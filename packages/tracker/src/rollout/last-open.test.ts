import { isOpenAt, nextOpeningMs } from '@shoal/release'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lastOpenMs } from './last-open.ts'

const DAYS = [0, 1, 2, 3, 4, 5, 6]
const NIGHT = { days: DAYS, fromMinute: 22 * 60, toMinute: 2 * 60, zone: 'UTC' }
const at = (text: string): number => Date.parse(`2026-03-04T${text}Z`)

it('is the moment itself while one is open, and without windows', () => {
  expect(lastOpenMs([NIGHT], at('01:30:00'))).toBe(at('01:30:00'))
  expect(lastOpenMs([], 5)).toBe(5)
})

it('is the last moment of the window before', () => {
  expect(lastOpenMs([NIGHT], at('12:00:00'))).toBe(at('02:00:00') - 1)
})

it('is never where no window ever opens', () => {
  expect(lastOpenMs([{ ...NIGHT, zone: 'Nowhere/None' }], at('12:00:00'))).toBe(-Infinity)
})

it('is open itself, and no opening lies between it and the moment', () => {
  const windows = fc.record({
    days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    fromMinute: fc.integer({ min: 0, max: 1_439 }),
    toMinute: fc.integer({ min: 0, max: 1_439 }),
    zone: fc.constantFrom('UTC', 'Europe/Warsaw', 'America/New_York'),
  })
  fc.assert(
    fc.property(windows, fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }), (window, untilMs) => {
      const last = lastOpenMs([window], untilMs)
      expect(isOpenAt(window, last)).toBe(true)
      if (last < untilMs) expect(nextOpeningMs([window], last + 1)).toBeGreaterThan(untilMs)
    }),
    { numRuns: 40 },
  )
})
