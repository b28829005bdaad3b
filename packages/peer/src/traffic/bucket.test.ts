import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeRate, grainBytes, spend, startBucket, waitMs } from './bucket.ts'

const rates = fc.integer({ min: 16_000, max: 200_000_000 })

/** Moves pieces as soon as they may be, each after the lateness of a timer, and says when how much was moved. */
function move(rate: number, pieces: number, bytes: number, latenessMs: readonly number[]): [number, number][] {
  const bucket = startBucket(rate, 0)
  const moved: [number, number][] = []
  let nowMs = 0
  for (let piece = 0; piece < pieces; piece++) {
    const wait = waitMs(bucket, nowMs)
    if (wait > 0) nowMs += wait + (latenessMs[piece % latenessMs.length] ?? 0)
    spend(bucket, bytes, nowMs)
    moved.push([nowMs, bytes])
  }
  return moved
}

function movedBetween(moved: readonly [number, number][], fromMs: number, toMs: number): number {
  return moved.reduce((sum, [at, bytes]) => (at >= fromMs && at < toMs ? sum + bytes : sum), 0)
}

describe('a rate', () => {
  it('holds within 5 % over any 10 s, however late the timers are', () => {
    const lateness = fc.array(fc.double({ min: 0, max: 250, noNaN: true }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(rates, lateness, fc.integer({ min: 0, max: 2_000 }), (rate, latenessMs, fromMs) => {
        const grain = grainBytes(rate)
        const moved = move(rate, Math.ceil((rate * 13) / grain), grain, latenessMs)
        const share = movedBetween(moved, fromMs, fromMs + 10_000) / (rate * 10)
        // The smallest rate moves 4 KiB at once, 2.5 % of what it has for 10 s.
        expect(share).toBeGreaterThan(0.95)
        expect(share).toBeLessThan(1.05)
      }),
      { numRuns: 50 },
    )
  })

  it('holds for pieces of any size, whoever asks when', () => {
    const steps = fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 1 << 20 })), { maxLength: 200 })
    fc.assert(
      fc.property(rates, steps, (rate, asked) => {
        const bucket = startBucket(rate, 0)
        let nowMs = 0
        let moved = 0
        for (const [laterMs, bytes] of asked) {
          nowMs += laterMs
          if (waitMs(bucket, nowMs) > 0) continue
          expect(moved).toBeLessThanOrEqual((rate * (nowMs + 300)) / 1000 + 1)
          spend(bucket, bytes, nowMs)
          moved += bytes
        }
      }),
    )
  })

  it('that is lowered or raised applies from then on, also to what is owed', () => {
    const bucket = startBucket(1_000, 0)
    spend(bucket, 1_000, 0)
    changeRate(bucket, 100_000, 0)
    expect(waitMs(bucket, 0)).toBeCloseTo(10)
    changeRate(bucket, 0, 100)
    expect(waitMs(bucket, 1e9)).toBe(Infinity)
    changeRate(bucket, Infinity, 200)
    spend(bucket, 1e12, 200)
    expect(waitMs(bucket, 200)).toBe(0)
  })
})
