import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RingPolicy } from './policy.ts'
import { chooseRing, matches, placeOf, spreadOfMs, type DeviceFacts } from './ring.ts'

const device = fc.record({
  id: fc.string({ minLength: 8, maxLength: 8 }),
  group: fc.constantFrom('', 'canary', 'office'),
  site: fc.constantFrom('', 'waw-1', 'ber-2'),
  labels: fc.dictionary(fc.constantFrom('tier', 'gpu'), fc.constantFrom('gold', 'none')),
})
const match = fc.record(
  {
    groups: fc.subarray(['', 'canary', 'office'], { minLength: 1 }),
    sites: fc.subarray(['', 'waw-1', 'ber-2'], { minLength: 1 }),
    labels: fc.dictionary(fc.constantFrom('tier', 'gpu'), fc.subarray(['gold', 'none'], { minLength: 1 })),
  },
  { requiredKeys: [] },
)
const rings = fc
  .array(fc.record({ match, percent: fc.nat(100) }), { minLength: 1, maxLength: 5 })
  .map((drawn) => drawn.map((ring, at): RingPolicy => ({ name: `ring-${at}`, ...ring })))

const facts = (id: string): DeviceFacts => ({ id, group: '', site: '', labels: {} })

describe('the ring of a device', () => {
  it('is the same for everybody who asks, and the first that fits', () => {
    fc.assert(
      fc.property(rings, device, (each, who) => {
        const ring = chooseRing({ id: 'r', rings: each }, who)
        expect(chooseRing({ id: 'r', rings: structuredClone(each) }, structuredClone(who))).toBe(ring)
        const fits = each.map(({ match, percent }) => matches(match, who) && placeOf(who.id, 'r') * 100 < percent)
        expect(ring ?? -1).toBe(fits.indexOf(true))
      }),
    )
  })

  it('takes in more devices with more percent, and lets none go', () => {
    fc.assert(
      fc.property(rings, device, fc.nat(4), fc.nat(100), (each, who, at, more) => {
        const index = at % each.length
        const wider = each.map((ring, ringAt) =>
          ringAt === index ? { ...ring, percent: Math.max(ring.percent, more) } : ring,
        )
        const before = chooseRing({ id: 'r', rings: each }, who)
        const after = chooseRing({ id: 'r', rings: wider }, who)
        // Whoever was in a ring is in it or, having joined the wider one, in an earlier one.
        if (before !== undefined) expect([before, index]).toContain(after)
        if (before !== undefined) expect(after).toBeLessThanOrEqual(before)
      }),
    )
  })

  it('is some ring for every device where the last takes everybody', () => {
    fc.assert(
      fc.property(rings, device, (each, who) => {
        const whole = [...each, { name: 'rest', match: {}, percent: 100 }]
        expect(chooseRing({ id: 'r', rings: whole }, who)).toBeDefined()
      }),
    )
  })

  it('fills as its percent says', () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => `device-${at}`)
    const ring = { name: 'tenth', match: {}, percent: 10 }
    const inside = ids.filter((id) => chooseRing({ id: 'r', rings: [ring] }, facts(id)) === 0).length
    expect(inside).toBeGreaterThan(1_850)
    expect(inside).toBeLessThan(2_150)
  })

  it('has other devices first in another rollout', () => {
    const ids = Array.from({ length: 2_000 }, (_, at) => `device-${at}`)
    const first = (rollout: string): Set<string> => new Set(ids.filter((id) => placeOf(id, rollout) < 0.1))
    const second = first('b')
    const both = [...first('a')].filter((id) => second.has(id)).length
    expect(both).toBeLessThan(60)
  })

  it('says nothing of when in the spread a device begins', () => {
    const early = Array.from({ length: 5_000 }, (_, at) => `device-${at}`).filter((id) => placeOf(id, 'r') < 0.1)
    const spread = early.map((id) => spreadOfMs({ id: 'r', spreadSeconds: 100 }, id))
    const mean = spread.reduce((sum, each) => sum + each, 0) / spread.length
    expect(mean).toBeGreaterThan(44_000)
    expect(mean).toBeLessThan(56_000)
    expect(Math.max(...spread)).toBeLessThan(100_000)
  })

  it('has the places that the formats document', () => {
    expect(placeOf('12D3KooWExample', 'game-1')).toBe(0.023865869357753033)
  })
})

describe('a match', () => {
  const who: DeviceFacts = { id: 'd', group: 'office', site: 'waw-1', labels: { tier: 'gold' } }

  it.each([
    ['nothing: everybody', {}, true],
    ['a device by its id', { devices: ['x', 'd'] }, true],
    ['one group of several', { groups: ['canary', 'office'] }, true],
    ['another group', { groups: ['canary'] }, false],
    ['a site and a label', { sites: ['waw-1'], labels: { tier: ['gold', 'silver'] } }, true],
    ['a site, but not the label', { sites: ['waw-1'], labels: { tier: ['silver'] } }, false],
    ['a label that the device lacks', { labels: { gpu: ['none'] } }, false],
    ['a word that every object has', { labels: { toString: ['gold'] } }, false],
  ])('of %s', (_, by, expected) => {
    expect(matches(by, who)).toBe(expected)
  })
})
