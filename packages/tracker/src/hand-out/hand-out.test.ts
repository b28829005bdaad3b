import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handOut } from './hand-out.ts'
import { announceIntervalMs } from './interval.ts'

interface Peer {
  name: string
  complete: boolean
  role: 'device' | 'cache'
}

function peers(prefix: string, count: number, complete = false): Peer[] {
  return Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}`, complete, role: 'device' }))
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('handOut', () => {
  it('keeps a quarter of the slots for those outside', () => {
    const chosen = handOut({ near: peers('near', 100), far: peers('far', 100) }, 20, seeded(1))
    expect(chosen.filter(({ name }) => name.startsWith('far'))).toHaveLength(5)
    expect(chosen.slice(0, 15).every(({ name }) => name.startsWith('near'))).toBe(true)
  })

  it('gives the one slot of who wants one to a neighbour', () => {
    const [only] = handOut({ near: peers('near', 3), far: peers('far', 3) }, 1, seeded(1))
    expect(only?.name).toMatch(/^near/)
  })

  it('fills the slots that one side leaves with the other', () => {
    expect(handOut({ near: peers('near', 2), far: peers('far', 100) }, 20, seeded(1))).toHaveLength(20)
    expect(handOut({ near: peers('near', 100), far: [] }, 20, seeded(1))).toHaveLength(20)
  })

  it('prefers those that have everything, but not only them', () => {
    const random = seeded(7)
    let complete = 0
    for (let round = 0; round < 1_000; round += 1) {
      const near = [...peers('has', 10, true), ...peers('lacks', 10)]
      complete += handOut({ near, far: [] }, 5, random).filter((peer) => peer.complete).length
    }
    const share = complete / 5_000
    expect(share).toBeGreaterThan(0.58)
    expect(share).toBeLessThan(0.72)
  })

  it('never names more than wanted, nobody twice, and somebody outside whenever there is one', () => {
    const group = fc.nat({ max: 60 })
    fc.assert(
      fc.property(group, group, fc.integer({ min: 2, max: 50 }), fc.nat(), (near, far, want, seed) => {
        const chosen = handOut({ near: peers('near', near), far: peers('far', far) }, want, seeded(seed))
        expect(chosen).toHaveLength(Math.min(want, near + far))
        expect(new Set(chosen).size).toBe(chosen.length)
        const outside = chosen.filter(({ name }) => name.startsWith('far')).length
        expect(outside).toBeGreaterThanOrEqual(Math.min(far, Math.ceil(want / 4)))
      }),
    )
  })
})

describe('announceIntervalMs', () => {
  it('spreads the base, and grows with the fleet', () => {
    expect(announceIntervalMs(10, 30_000, () => 0)).toBe(24_000)
    expect(announceIntervalMs(10, 30_000, () => 1)).toBe(36_000)
    expect(announceIntervalMs(100_000, 30_000, () => 0.5)).toBe(500_000)
    expect(announceIntervalMs(1e9, 30_000, () => 0.5)).toBe(3_600_000)
  })
})
