import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { atMostEvery } from './at-most-every.ts'
import { fleetServiceTag, memberServiceTag, nextQueryMs } from './mdns.ts'
import { tellSometimes } from './tell-sometimes.ts'

describe('mDNS queries', () => {
  const state = { asked: 10, found: 0, isSearching: false, queryMs: 120_000 }
  const middle = (): number => 0.5

  it('are repeated soon at first, for packets get lost', () => {
    const pauses = [1, 2, 3].map((asked) => nextQueryMs({ ...state, asked }, middle))
    expect(pauses).toEqual([1_000, 2_000, 120_000])
  })

  it('go on while something is missing and nobody was found', () => {
    expect(nextQueryMs({ ...state, asked: 4, isSearching: true }, middle)).toBe(8_000)
    expect(nextQueryMs({ ...state, isSearching: true }, middle)).toBe(32_000)
  })

  it('become rarer as the neighbourhood grows', () => {
    expect(nextQueryMs({ ...state, found: 500 }, middle)).toBe(1_200_000)
  })

  it('are for one fleet only', () => {
    expect(fleetServiceTag('0123456789abcdef0123456789abcdef')).toBe('_shoal-0123456789abcdef._udp.local')
  })
})

describe('mDNS answers', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('cover all queries of a second', async () => {
    const answered: number[] = []
    const stop = new AbortController()
    const pace = { gapMs: 1_000, delayMs: () => 50, signal: stop.signal }
    const answer = atMostEvery(pace, (query: number) => void answered.push(query))
    for (let query = 0; query < 200; query += 1) {
      answer(query)
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(answered.length).toBeGreaterThanOrEqual(2)
    expect(answered.length).toBeLessThanOrEqual(3)
    stop.abort()
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('the service tag of a private fleet is the same for all members, and says nothing to others', () => {
  const tag = memberServiceTag(new Uint8Array(32).fill(1))
  expect(tag).toBe(memberServiceTag(new Uint8Array(32).fill(1)))
  expect(tag).toMatch(/^_[0-9a-f]{16}\._udp\.local$/)
  expect(tag).not.toBe(memberServiceTag(new Uint8Array(32).fill(2)))
  expect(tag).not.toContain('01010101')
})

it('what fails with every packet is told once a minute, with how often it did', () => {
  let nowMs = 0
  const told: [error: string, count: number][] = []
  const tell = tellSometimes<string>(
    60_000,
    (...each) => told.push(each),
    () => nowMs,
  )
  for (; nowMs <= 120_000; nowMs += 100) tell(`at ${nowMs}`)
  expect(told).toEqual([
    ['at 0', 1],
    ['at 60000', 600],
    ['at 120000', 600],
  ])
})
