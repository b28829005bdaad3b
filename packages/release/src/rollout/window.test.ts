import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InstallWindow } from './policy.ts'
import { isOpenAt, isWithin, localTime, nextOpeningMs } from './window.ts'

const MINUTE_MS = 60_000
const WEEK_MINUTES = 7 * 24 * 60
const daily = [0, 1, 2, 3, 4, 5, 6]
const at = (text: string): number => Date.parse(text)

const window = fc.record({
  days: fc.subarray(daily, { minLength: 1 }),
  fromMinute: fc.nat(1439),
  toMinute: fc.nat(1439),
  zone: fc.constantFrom('UTC', 'Europe/Warsaw', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
})

describe('an install window', () => {
  const night: InstallWindow = { days: [1], fromMinute: 22 * 60, toMinute: 2 * 60, zone: 'UTC' }

  it('that crosses midnight belongs to the day on which it begins', () => {
    expect(isWithin(night, { day: 1, minute: 23 * 60 })).toBe(true)
    expect(isWithin(night, { day: 2, minute: 60 })).toBe(true)
    expect(isWithin(night, { day: 1, minute: 60 })).toBe(false)
    expect(isWithin(night, { day: 2, minute: 23 * 60 })).toBe(false)
  })

  it('that begins and ends at one time lasts a day', () => {
    expect(isWithin({ days: [3], fromMinute: 600, toMinute: 600 }, { day: 4, minute: 599 })).toBe(true)
    expect(isWithin({ days: [3], fromMinute: 600, toMinute: 600 }, { day: 4, minute: 600 })).toBe(false)
  })

  it('goes by the clock on the wall, summer and winter', () => {
    const warsaw = { ...night, days: daily, zone: 'Europe/Warsaw' }
    expect(nextOpeningMs([warsaw], at('2026-07-01T12:00:00Z'))).toBe(at('2026-07-01T20:00:00Z'))
    expect(nextOpeningMs([warsaw], at('2026-12-01T12:00:00Z'))).toBe(at('2026-12-01T21:00:00Z'))
  })

  it('within the hour that a clock skips opens when that hour would be over', () => {
    const skipped = { days: daily, fromMinute: 2 * 60 + 30, toMinute: 3 * 60 + 30, zone: 'Europe/Warsaw' }
    expect(nextOpeningMs([skipped], at('2026-03-29T00:30:00Z'))).toBe(at('2026-03-29T01:00:00Z'))
  })

  it('in a zone that nobody knows is never open', () => {
    const nowhere = { ...night, zone: 'Mars/Olympus' }
    expect(isOpenAt(nowhere, 0)).toBe(false)
    expect(nextOpeningMs([nowhere], 0)).toBeUndefined()
    expect(() => localTime('Mars/Olympus', 0)).toThrow(RangeError)
  })

  it('opens at the first minute at which a search by minutes finds it open', () => {
    const shifts = ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z', '2026-04-04T12:00:00Z', '2026-06-10T00:00:00Z']
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(...shifts),
        fc.nat(48 * 60),
        (windows, day, minute) => {
          const from = at(day) + minute * MINUTE_MS
          const found = nextOpeningMs(windows, from)
          expect(found).toBe(searched(windows, from))
        },
      ),
      { numRuns: 30 },
    )
  })
})

/** By minutes, over a week and the shift of a clock. */
function searched(windows: readonly InstallWindow[], fromMs: number): number | undefined {
  for (let minute = 0; minute <= WEEK_MINUTES + 180; minute++) {
    const atMs = fromMs + minute * MINUTE_MS
    if (windows.some((each) => isOpenAt(each, atMs))) return atMs
  }
  return undefined
}
