import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMeter, type Meter } from './meter.ts'

const always = new AbortController().signal

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Takes as much as it can get until the meter says no. */
function drain(meter: Meter, signal = always, whom?: string): { bytes: number; ended: boolean } {
  const taken = { bytes: 0, ended: false }
  void (async () => {
    for (;;) {
      const bytes = meter.grainBytes
      if (!(await meter.take(bytes, signal, whom))) break
      taken.bytes += bytes
    }
    taken.ended = true
  })()
  return taken
}

describe('a meter', () => {
  it('lets as much through as its rate allows, within 5 % over 10 s', async () => {
    const taken = drain(createMeter(5_000_000))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Math.abs(taken.bytes / 50_000_000 - 1)).toBeLessThan(0.05)
  })

  it('gives those who wait equal shares', async () => {
    const meter = createMeter(1_000_000)
    const shares = [drain(meter), drain(meter), drain(meter), drain(meter)]
    await vi.advanceTimersByTimeAsync(10_000)
    for (const { bytes } of shares) expect(Math.abs(bytes / 2_500_000 - 1)).toBeLessThan(0.05)
  })

  it('gives each neighbour an equal share, however often one asks at the same time', async () => {
    const meter = createMeter(1_000_000)
    const greedy = Array.from({ length: 9 }, () => drain(meter, always, 'greedy'))
    const modest = [drain(meter, always, 'modest'), drain(meter, always, 'other')]
    await vi.advanceTimersByTimeAsync(10_000)
    const shares = [greedy.reduce((sum, { bytes }) => sum + bytes, 0), ...modest.map(({ bytes }) => bytes)]
    for (const bytes of shares) expect(Math.abs(bytes / 3_333_333 - 1)).toBeLessThan(0.05)
    for (const { bytes } of greedy) expect(bytes).toBeGreaterThan(0)
  })

  it('counts what was moved, whether it was limited or not', async () => {
    const meter = createMeter()
    await meter.take(1_000, always)
    meter.rate = 16_000
    await meter.take(500, always)
    expect([meter.takeCount(), meter.takeCount()]).toEqual([1_500, 0])
  })

  it('follows a change of its rate at once, up and down', async () => {
    const meter = createMeter(16_000)
    const taken = drain(meter)
    await vi.advanceTimersByTimeAsync(1_000)
    meter.rate = 10_000_000
    await vi.advanceTimersByTimeAsync(1_000)
    const fast = taken.bytes
    expect(Math.abs(fast / 10_016_000 - 1)).toBeLessThan(0.1)
    meter.rate = 100_000
    await vi.advanceTimersByTimeAsync(10_000)
    // A piece of the old size may still be owed.
    expect(Math.abs(taken.bytes - fast - 1_000_000)).toBeLessThan((256 << 10) + 50_000)
  })

  it('turns away everybody who waits when its rate becomes 0', async () => {
    const meter = createMeter(16_000)
    const taken = [drain(meter), drain(meter)]
    await vi.advanceTimersByTimeAsync(100)
    meter.rate = 0
    await vi.advanceTimersByTimeAsync(0)
    expect(taken.every(({ ended }) => ended)).toBe(true)
    expect(await meter.take(1, always)).toBe(false)
  })

  it('forgets who gave up waiting', async () => {
    const meter = createMeter(16_000)
    const leaver = new AbortController()
    const left = drain(meter, leaver.signal)
    const stays = drain(meter)
    await vi.advanceTimersByTimeAsync(1_000)
    leaver.abort()
    await vi.advanceTimersByTimeAsync(0)
    expect(left.ended).toBe(true)
    const before = stays.bytes
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Math.abs((stays.bytes - before) / 160_000 - 1)).toBeLessThan(0.05)
  })
})
