import type { ReleaseId } from '@shoal/release'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeRoom, type HeldRelease } from './make-room.ts'

const NOW = 1_000_000
const LIMITS = { bytesMax: 100, releasesMax: 10 }

function held(id: string, bytes: number, usedAgoMs: number, isPinned = false): HeldRelease {
  return { id: id as ReleaseId, bytes, usedMs: NOW - usedAgoMs, isPinned }
}

describe('a cache that takes a release', () => {
  it('gives nothing up while there is room', () => {
    expect(makeRoom([held('a', 60, 1)], 40, LIMITS, NOW)).toEqual([])
  })

  it('gives up what was used least recently, and no more than is needed', () => {
    const all = [held('new', 40, 40_000), held('old', 30, 90_000), held('older', 30, 100_000)]
    expect(makeRoom(all, 20, LIMITS, NOW)).toEqual(['older'])
    expect(makeRoom(all, 50, LIMITS, NOW)).toEqual(['older', 'old'])
  })

  it('gives up one that is being served only when there is nothing else', () => {
    const all = [held('idle', 50, 40_000), held('served', 50, 1_000)]
    expect(makeRoom(all, 50, LIMITS, NOW)).toEqual(['idle'])
    expect(makeRoom(all, 51, LIMITS, NOW)).toEqual(['idle', 'served'])
  })

  it('never gives up what a channel stands for, and says when the rest is not enough', () => {
    const all = [held('pinned', 60, 500_000, true), held('other', 30, 1)]
    expect(makeRoom(all, 40, LIMITS, NOW)).toEqual(['other'])
    expect(makeRoom(all, 41, LIMITS, NOW)).toBeUndefined()
    expect(makeRoom([], 101, LIMITS, NOW)).toBeUndefined()
  })

  it('holds a bounded number of releases', () => {
    const all = Array.from({ length: 10 }, (_, at) => held(String(at), 1, 100_000 - at))
    expect(makeRoom(all, 1, LIMITS, NOW)).toEqual(['0'])
  })

  it('keeps to its limits whatever it holds, and gives up nothing for nothing', () => {
    const some = fc.array(fc.record({ bytes: fc.nat(80), usedMs: fc.nat(NOW), isPinned: fc.boolean() }), {
      maxLength: 14,
    })
    fc.assert(
      fc.property(some, fc.nat(120), (fields, incoming) => {
        const all = fields.map((each, at) => ({ ...each, id: String(at) as ReleaseId }))
        const given = makeRoom(all, incoming, LIMITS, NOW)
        const pinned = all.filter(({ isPinned }) => isPinned)
        const least = pinned.reduce((sum, { bytes }) => sum + bytes, incoming)
        if (given === undefined) {
          expect(least > LIMITS.bytesMax || pinned.length + 1 > LIMITS.releasesMax).toBe(true)
          return
        }
        const left = all.filter(({ id }) => !given.includes(id))
        expect(left.reduce((sum, { bytes }) => sum + bytes, incoming)).toBeLessThanOrEqual(LIMITS.bytesMax)
        expect(left.length + 1).toBeLessThanOrEqual(LIMITS.releasesMax)
        expect(pinned.every(({ id }) => !given.includes(id))).toBe(true)
        // One less would not have been enough.
        const last = all.find(({ id }) => id === given.at(-1))
        if (last !== undefined) {
          const before = left.reduce((sum, { bytes }) => sum + bytes, incoming + last.bytes)
          expect(before > LIMITS.bytesMax || left.length + 2 > LIMITS.releasesMax).toBe(true)
        }
      }),
    )
  })
})
