import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAlarm } from '../alarm.ts'
import { backoffMs, jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'
import { createSlots } from './slots.ts'

const RETRY = { minMs: 1_000, maxMs: 8_000 }

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Runs `repeat` and records at which second each call came. */
function observe(outcomes: (number | undefined | Error)[]) {
  const stop = new AbortController()
  const alarm = createAlarm()
  const callsAtMs: number[] = []
  const failures: number[] = []
  const startedMs = Date.now()
  const once = async (): Promise<number | undefined> => {
    callsAtMs.push(Date.now() - startedMs)
    const outcome = outcomes[callsAtMs.length - 1]
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  const onFailure = (_error: unknown, count: number): void => void failures.push(count)
  const done = repeat(once, { signal: stop.signal, random: () => 1, retry: RETRY, alarm, onFailure })
  return { stop, alarm, callsAtMs, failures, done }
}

describe('repeat', () => {
  it('comes back when it was asked to', async () => {
    const { callsAtMs } = observe([500, 2_000, 3_000, 60_000])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(callsAtMs).toEqual([0, 500, 2_500, 5_500])
  })

  it('waits longer with each failure, up to a limit, and forgets them after a success', async () => {
    const broken = new Error('broken')
    const { callsAtMs, failures } = observe([broken, undefined, broken, broken, broken, 100, broken, 1e6])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(callsAtMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 23_000, 23_100, 24_100])
    expect(failures).toEqual([1, 3, 4, 5, 1])
  })

  it('comes at once when rung, also when it was rung during a call', async () => {
    const { alarm, callsAtMs } = observe([60_000, 60_000, 60_000])
    alarm.ring()
    await vi.advanceTimersByTimeAsync(10)
    expect(callsAtMs).toEqual([0, 0])
    alarm.ring()
    await vi.advanceTimersByTimeAsync(10)
    expect(callsAtMs).toEqual([0, 0, 10])
  })

  it('ends in the middle of a wait when it is stopped, and leaves no timer', async () => {
    const { stop, done } = observe([60_000])
    await vi.advanceTimersByTimeAsync(1)
    stop.abort()
    await done
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('pacing', () => {
  it('is never the same for everybody, and never beyond its limits', () => {
    expect(backoffMs(1, RETRY, () => 0)).toBe(500)
    expect(backoffMs(1, RETRY, () => 1)).toBe(1_000)
    expect(backoffMs(1_000_000, RETRY, () => 1)).toBe(8_000)
    expect([jitteredMs(1_000, () => 0), jitteredMs(1_000, () => 1)]).toEqual([750, 1_250])
  })
})

describe('slots', () => {
  it('run so many tasks at once, and all in the end', async () => {
    const slots = createSlots(2)
    const { signal } = new AbortController()
    let running = 0
    let most = 0
    const task = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => void setTimeout(resolve, 10))
      running -= 1
    }
    const all = Promise.all(Array.from({ length: 7 }, () => slots.run(task, signal)))
    await vi.advanceTimersByTimeAsync(100)
    await all
    expect(most).toBe(2)
  })

  it('are given up by who waits and is stopped, and freed by who fails', async () => {
    const slots = createSlots(1)
    const stop = new AbortController()
    const first = slots.run(() => Promise.reject(new Error('broken')), stop.signal)
    await expect(first).rejects.toThrow('broken')
    const held = Promise.withResolvers<string>()
    const second = slots.run(() => held.promise, stop.signal)
    const third = slots.run(async () => 'never', stop.signal)
    stop.abort(new Error('stopped'))
    await expect(third).rejects.toThrow('stopped')
    held.resolve('done')
    await expect(second).resolves.toBe('done')
  })
})
