import { describe, expect, it } from 'vitest'
import { localTime } from '@shoal/release'
import { decideLimits } from './decide.ts'
import { isOpen, type Window } from './window.ts'

const WARSAW = 'Europe/Warsaw'

function window(fields: Partial<Window>): Window {
  return {
    days: new Set([1, 2, 3, 4, 5]),
    fromMinute: 8 * 60,
    toMinute: 18 * 60,
    zone: WARSAW,
    rates: { uploadWan: 1_000_000 },
    text: 'mon-fri 08:00-18:00',
    ...fields,
  }
}

/** The hours of a UTC day, in steps of half an hour, in which the window is open. */
function openHours(each: Window, day: string): number[] {
  const start = Date.parse(`${day}T00:00:00Z`)
  return Array.from({ length: 48 }, (_, at) => at / 2).filter((hour) =>
    isOpen(each, localTime(each.zone, start + hour * 3_600_000)),
  )
}

function range(from: number, to: number): number[] {
  return Array.from({ length: (to - from) * 2 }, (_, at) => from + at / 2)
}

describe('a window', () => {
  it('is open between its times on its days, by the clock of its zone', () => {
    expect(openHours(window({}), '2026-01-14')).toEqual(range(7, 17))
    expect(openHours(window({}), '2026-07-15')).toEqual(range(6, 16))
    expect(openHours(window({}), '2026-01-18')).toEqual([])
    expect(openHours(window({ zone: 'Asia/Kolkata' }), '2026-01-14')).toEqual(range(2.5, 12.5))
  })

  it('that ends no later than it begins goes on into the next day, whichever day that is', () => {
    const nights = window({ days: new Set([5]), fromMinute: 22 * 60, toMinute: 6 * 60, zone: 'UTC' })
    expect(openHours(nights, '2026-01-16')).toEqual(range(22, 24))
    expect(openHours(nights, '2026-01-17')).toEqual(range(0, 6))
    expect(openHours(nights, '2026-01-18')).toEqual([])
    const always = window({ days: new Set([0, 1, 2, 3, 4, 5, 6]), fromMinute: 0, toMinute: 0, zone: 'UTC' })
    expect(openHours(always, '2026-01-18')).toEqual(range(0, 24))
  })

  it('lasts an hour less where the clock is put forward, and an hour more where it is put back', () => {
    const night = window({ days: new Set([0]), fromMinute: 60, toMinute: 4 * 60 })
    expect(openHours(night, '2026-03-29')).toEqual(range(0, 2))
    expect(openHours(night, '2026-10-25')).toEqual(range(0, 3))
    expect(openHours(night, '2026-10-24')).toEqual(range(23, 24))
    // From 02:30 to 03:30 by a clock that goes from 02:00 to 03:00 at once: open from then on.
    const gap = window({ days: new Set([0]), fromMinute: 150, toMinute: 210 })
    expect(openHours(gap, '2026-03-29')).toEqual([1])
  })
})

describe('a limit', () => {
  const settings = {
    rates: { uploadWan: 5_000_000, origin: 0 },
    windows: [
      window({}),
      window({ fromMinute: 12 * 60, toMinute: 13 * 60, rates: { uploadWan: Infinity }, text: 'lunch' }),
    ],
  }
  const morning = Date.parse('2026-01-14T08:00:00Z')
  const noon = Date.parse('2026-01-14T11:00:00Z')
  const night = Date.parse('2026-01-14T23:00:00Z')

  it('is what the configuration says, and none where it says nothing', () => {
    const limits = decideLimits(settings, {}, night)
    expect(limits.uploadWan).toEqual({ rate: 5_000_000, from: 'config' })
    expect(limits.origin).toEqual({ rate: 0, from: 'config' })
    expect(limits.uploadLan).toEqual({ rate: Infinity, from: 'default' })
  })

  it('is that of the last window that is open and names it', () => {
    expect(decideLimits(settings, {}, morning).uploadWan).toMatchObject({ rate: 1_000_000, from: 'window' })
    expect(decideLimits(settings, {}, noon).uploadWan).toEqual({ rate: Infinity, from: 'window', window: 'lunch' })
    expect(decideLimits(settings, {}, noon).origin).toEqual({ rate: 0, from: 'config' })
  })

  it('is what a person said last, whatever window is open', () => {
    expect(decideLimits(settings, { uploadWan: 2 }, noon).uploadWan).toEqual({ rate: 2, from: 'limit' })
    expect(decideLimits(settings, { origin: Infinity }, noon).origin).toEqual({ rate: Infinity, from: 'limit' })
  })
})
