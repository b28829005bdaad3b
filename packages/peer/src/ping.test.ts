import type { PeerId } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LIMITS } from './limits.ts'
import { startPinging } from './ping.ts'

const { pingMs, pingTimeoutMs, pingedMax } = LIMITS.background

let stop: Disposable | undefined

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  stop?.[Symbol.dispose]()
  vi.useRealTimers()
})

/** Neighbours of other sites that answer after so long, or with an error. */
function pinging(answers: Record<string, number | Error>) {
  const heard: [string, number][] = []
  const state = { wanted: true, asked: 0, heard }
  const ping = async (peer: unknown, { signal }: { signal: AbortSignal }): Promise<number> => {
    state.asked++
    const answer = answers[peer as string] ?? 0
    if (answer instanceof Error) throw answer
    await new Promise((resolve, reject) => {
      setTimeout(resolve, answer)
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
    return answer
  }
  stop = startPinging(
    { services: { ping: { ping } } },
    {
      isWanted: () => state.wanted,
      remote: () => Object.keys(answers).map((key) => ({ id: key as unknown as PeerId, key })),
      onRoundTrip: (to, ms) => heard.push([to, ms]),
    },
  )
  return state
}

describe('pings', () => {
  it('tell how long the way takes, while somebody wants to know, and one at a time', async () => {
    const state = pinging({ slow: pingMs * 2.5 })
    await vi.advanceTimersByTimeAsync(pingMs * 4)
    expect(state.heard).toEqual([['slow', pingMs * 2.5]])
    expect(state.asked).toBe(2)
    state.wanted = false
    await vi.advanceTimersByTimeAsync(pingMs * 20)
    expect(state.asked).toBe(2)
  })

  it('go to few of many', async () => {
    const state = pinging(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`p${at}`, 1])))
    await vi.advanceTimersByTimeAsync(pingMs + 10)
    expect(state.heard).toHaveLength(pingedMax)
  })

  it('that a neighbour does not take say nothing about the way', async () => {
    const state = pinging({ other: new Error('unsupported protocol') })
    await vi.advanceTimersByTimeAsync(pingMs * 10)
    expect(state.asked).toBe(10)
    expect(state.heard).toEqual([])
  })

  it('end with what asked for them', async () => {
    const state = pinging({ slow: pingTimeoutMs / 2 })
    await vi.advanceTimersByTimeAsync(pingMs + 10)
    stop?.[Symbol.dispose]()
    await vi.advanceTimersByTimeAsync(pingTimeoutMs)
    expect(state.heard).toEqual([])
  })
})
