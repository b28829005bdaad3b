import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { addedMs, recordRoundTrip, startPath } from './path.ts'
import { decideRate, startYielding } from './yield.ts'

const { floorBytesPerSecond, decideMs, targetMs } = LIMITS.background
const STEP_MS = 50

interface Link {
  /** Bytes a second. */
  capacity: number
  /** How long a packet may wait in front of it. */
  bufferMs: number
  roundTripMs: number
  /** What a measurement may come later than it should. */
  noiseMs: readonly number[]
}

/** When others fill the link: they keep its buffer full, and yield to nobody. */
type Busy = (nowMs: number) => boolean

/** The rate over time, twenty a second, of what moves all that it may over a link with a queue. */
function drive({ capacity, bufferMs, roundTripMs, noiseMs }: Link, busy: Busy, lastsMs: number): number[] {
  const path = startPath()
  const state = startYielding(0)
  const rates: number[] = []
  let waitMs = 0
  let movedBytes = 0
  for (let nowMs = 0, step = 0; nowMs < lastsMs; nowMs += STEP_MS, step++) {
    const demand = busy(nowMs) ? 2 * capacity : state.rate
    waitMs = Math.min(bufferMs, Math.max(0, waitMs + (demand / capacity - 1) * STEP_MS))
    movedBytes += (Math.min(state.rate, capacity) * STEP_MS) / 1000
    const noise = noiseMs[step % noiseMs.length] ?? 0
    if (step % 5 === 0) recordRoundTrip(path, 'there', roundTripMs + waitMs + noise, nowMs)
    if (step % (decideMs / STEP_MS) === 0) {
      decideRate(state, { addedMs: addedMs(path, nowMs), movedBytes, elapsedMs: decideMs }, nowMs)
      movedBytes = 0
    }
    rates.push(state.rate)
  }
  return rates
}

function mean(rates: readonly number[], fromMs: number, toMs: number): number {
  const part = rates.slice(fromMs / STEP_MS, toMs / STEP_MS)
  return part.reduce((sum, rate) => sum + rate, 0) / part.length
}

const links = fc.record({
  capacity: fc.integer({ min: 250_000, max: 125_000_000 }),
  bufferMs: fc.integer({ min: 150, max: 1_500 }),
  roundTripMs: fc.integer({ min: 1, max: 300 }),
  noiseMs: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 40 }),
})

describe('traffic in the background', () => {
  it('takes most of a link that nobody else uses', () => {
    fc.assert(
      fc.property(links, (link) => {
        const rates = drive(link, () => false, 60_000)
        const used = rates.map((rate) => Math.min(rate, link.capacity))
        expect(mean(used, 20_000, 60_000) / link.capacity).toBeGreaterThan(0.8)
      }),
    )
  })

  it('leaves a link to others within seconds, never stops, and comes back when they are gone', () => {
    fc.assert(
      fc.property(links, fc.integer({ min: 15, max: 60 }), (link, forSeconds) => {
        const [from, to] = [20_000, 20_000 + forSeconds * 1_000]
        const rates = drive(link, (nowMs) => nowMs >= from && nowMs < to, to + 30_000)
        expect(Math.min(...rates)).toBeGreaterThanOrEqual(floorBytesPerSecond)
        const least = Math.max(floorBytesPerSecond, 0.05 * link.capacity)
        expect(mean(rates, from + 5_000, to)).toBeLessThanOrEqual(least)
        expect(mean(rates, to + 20_000, to + 30_000) / link.capacity).toBeGreaterThan(0.8)
      }),
    )
  })

  it('keeps its rate where nothing is measured, or where it does not use what it may', () => {
    const state = startYielding(0)
    const { rate } = state
    for (let step = 1; step < 100; step++)
      decideRate(state, { addedMs: undefined, movedBytes: 0, elapsedMs: decideMs }, step * decideMs)
    expect(state.rate).toBe(rate)
    for (let step = 100; step < 200; step++)
      decideRate(state, { addedMs: 0, movedBytes: 50_000, elapsedMs: decideMs }, step * decideMs)
    expect(state.rate).toBe(rate)
  })
})

describe('a path', () => {
  it('takes longer by what it takes now beyond the least that it ever took', () => {
    const path = startPath()
    recordRoundTrip(path, 'a', 20, 0)
    recordRoundTrip(path, 'a', 90, 10_000)
    recordRoundTrip(path, 'a', 80, 10_200)
    expect(addedMs(path, 10_200)).toBe(60)
    expect(addedMs(path, 20_000)).toBeUndefined()
  })

  it('that became longer for good is believed after ten minutes', () => {
    const path = startPath()
    recordRoundTrip(path, 'a', 20, 0)
    for (let minute = 1; minute < 12; minute++) recordRoundTrip(path, 'a', 50, minute * 60_000)
    expect(addedMs(path, 9 * 60_000)).toBe(0)
  })

  it('to many is as late as the least late of them: what they share is the link of this site', () => {
    const path = startPath()
    for (const [to, ms] of [
      ['a', 20],
      ['b', 200],
    ] as const)
      recordRoundTrip(path, to, ms, 0)
    for (const [to, ms] of [
      ['a', 220],
      ['b', 210],
    ] as const)
      recordRoundTrip(path, to, ms, 60_000)
    expect(addedMs(path, 60_000)).toBe(10)
    expect(targetMs).toBeGreaterThan(10)
  })

  it('remembers a bounded number of others and of measurements', () => {
    const path = startPath()
    for (let at = 0; at < 10_000; at++) recordRoundTrip(path, String(at % 100), 20, at)
    expect(path.ways.size).toBeLessThanOrEqual(16)
    for (const { current, base } of path.ways.values()) expect(current.length + base.length).toBeLessThan(100)
  })
})
