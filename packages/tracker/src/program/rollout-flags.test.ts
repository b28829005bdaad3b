import { describe, expect, it } from 'vitest'
import { parsePercent, parseRing, parseWindow } from './rollout-flags.ts'

describe('a ring', () => {
  it.each([
    ['all', { name: 'all', match: {}, percent: 100 }],
    ['rest=all:10', { name: 'rest', match: {}, percent: 10 }],
    ['half:50', { name: 'half', match: {}, percent: 50 }],
    ['canary=group=canary', { name: 'canary', match: { groups: ['canary'] }, percent: 100 }],
    ['early=site=waw-1,waw-2:25', { name: 'early', match: { sites: ['waw-1', 'waw-2'] }, percent: 25 }],
    [
      'eu=label.region=eu+group=office,kiosk',
      { name: 'eu', match: { groups: ['office', 'kiosk'], labels: { region: ['eu'] } }, percent: 100 },
    ],
    ['one=device=12D3KooWx', { name: 'one', match: { devices: ['12D3KooWx'] }, percent: 100 }],
  ])('is read from %s', (text, ring) => expect(parseRing(text)).toEqual(ring))

  it.each([
    '',
    '=all',
    'a=',
    'a=office',
    'a=group=',
    'a=group=x,,y',
    'a=group=x+group=y',
    'a=color=red',
    'a=all:101',
    'a=label.x',
  ])('is not read from "%s"', (text) => expect(() => parseRing(text)).toThrow(/canary=group=canary/))
})

describe('a window', () => {
  it('is read from days, times and a zone', () => {
    const window = { fromMinute: 1_320, toMinute: 360, zone: 'Europe/Warsaw' }
    expect(parseWindow('mon-fri 22:00-06:00 Europe/Warsaw')).toEqual({ ...window, days: [1, 2, 3, 4, 5] })
    expect(parseWindow('fri-mon 22:00-06:00 Europe/Warsaw').days).toEqual([0, 1, 5, 6])
    expect(parseWindow('daily 00:00-01:30 UTC')).toMatchObject({ days: { length: 7 }, toMinute: 90 })
    expect(parseWindow('sat,sun 00:00-01:00 UTC').days).toEqual([0, 6])
  })

  it.each([
    '',
    'mon',
    'mon 22:00 UTC',
    'mon 25:00-26:00 UTC',
    'mun 00:00-01:00 UTC',
    'mon 0:00-1:00 UTC',
    'mon-tue-wed 00:00-01:00 UTC',
  ])('is not read from "%s"', (text) => expect(() => parseWindow(text)).toThrow(/mon-fri/))
})

it('reads percentages', () => {
  expect([parsePercent('95'), parsePercent('99.5%'), parsePercent('100 %')]).toEqual([0.95, 0.995, 1])
  for (const text of ['', '101', '-1', 'x', '0x10']) expect(() => parsePercent(text)).toThrow(/percentage/)
})
