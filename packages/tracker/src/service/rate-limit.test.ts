import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRateLimit } from './rate-limit.ts'

/** As `performance.now()` and `Date.now()` tell it, and between. */
const moment = fc.double({ min: 0, max: 2e12, noNaN: true })
const bucket = fc.record({ burst: fc.integer({ min: 1, max: 20 }), refillMs: fc.integer({ min: 1, max: 60_000 }) })

function createSubject(config: { burst: number; refillMs: number; keysMax?: number }, atMs = 0) {
  const clock = { nowMs: atMs }
  return { clock, limit: createRateLimit({ keysMax: 10, ...config }, () => clock.nowMs) }
}

describe('a rate limit', () => {
  it('allows the whole burst at any moment, and says when there is more', () => {
    fc.assert(
      fc.property(bucket, moment, (config, atMs) => {
        const { clock, limit } = createSubject(config, atMs)
        for (let taken = 0; taken < config.burst; taken += 1) expect(limit.take('a')).toBe(0)
        const retryMs = limit.take('a')
        expect(retryMs).toBeGreaterThan(0)
        expect(retryMs).toBeCloseTo(config.refillMs, 2)
        clock.nowMs += retryMs
        expect(limit.take('a')).toBe(0)
      }),
    )
  })

  it('allows no more than burst and refills, however often it is asked', () => {
    fc.assert(
      fc.property(
        bucket,
        moment,
        fc.array(fc.double({ min: 0, max: 5_000, noNaN: true })),
        (config, atMs, pausesMs) => {
          const { clock, limit } = createSubject(config, atMs)
          let allowed = 0
          for (const pauseMs of pausesMs) {
            clock.nowMs += pauseMs
            if (limit.take('a') === 0) allowed += 1
          }
          expect(allowed).toBeLessThanOrEqual(config.burst + (clock.nowMs - atMs) / config.refillMs + 0.01)
        },
      ),
    )
  })

  it('refuses somebody new while it remembers as many as it may, until they are idle', () => {
    const { clock, limit } = createSubject({ burst: 1, refillMs: 1_000, keysMax: 1 })
    expect(limit.take('a')).toBe(0)
    expect(limit.take('b')).toBe(1_000)
    clock.nowMs = 1_000
    limit.forgetIdle()
    expect(limit.take('b')).toBe(0)
  })

  it('gives back what was taken and not used', () => {
    const { limit } = createSubject({ burst: 1, refillMs: 1_000 }, 0.1)
    expect(limit.take('a')).toBe(0)
    limit.giveBack('a')
    expect(limit.take('a')).toBe(0)
  })
})
