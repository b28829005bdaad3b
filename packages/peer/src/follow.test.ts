import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ReleaseId } from '@shoal/release'
import { follow, type FollowOptions, type Following } from './follow.ts'
import { LIMITS } from './limits.ts'
import type { Peer } from './peer.ts'
import type { Ask, RoundEnd, Rounds } from './rollout/index.ts'

const HOUR_MS = 3_600_000
const INSTALLED = { release: 'id' as ReleaseId, version: '1.0', counter: 1 }
const STAY: RoundEnd = { turn: { do: 'stay', reason: 'up-to-date' } }

let stop: AbortController
let asked: Ask[]
let present: string[]
let ring: { news: () => void; policy: () => void; tracker: () => void }
beforeEach(() => {
  vi.useFakeTimers()
  stop = new AbortController()
  asked = []
  present = []
})
afterEach(() => vi.useRealTimers())

/** @param next what each round ends with */
function start(next: (round: number) => RoundEnd, { isByPolicy = true } = {}): Following {
  ring = { news: () => undefined, policy: () => undefined, tracker: () => undefined }
  const rounds: Rounds = {
    async next(ask) {
      asked.push(ask)
      return next(asked.length)
    },
    installed: () => Promise.resolve(INSTALLED),
    lastFailure: () => undefined,
    isByPolicy: () => isByPolicy,
  }
  const listening = (name: 'news' | 'policy' | 'tracker') => (listener: () => void) => {
    ring[name] = listener
    return () => undefined
  }
  const peer = {
    isPaused: () => false,
    news: { onHint: listening('news'), isBehind: () => false },
    trust: { onPolicy: listening('policy'), now: () => new Date() },
    onTrackerUp: listening('tracker'),
  } as unknown as Peer
  const options: FollowOptions = {
    target: { product: 'game', channel: 'stable', platform: 'any' },
    out: '/srv/game',
    open: () => Promise.resolve({ rounds, [Symbol.asyncDispose]: () => Promise.resolve() }),
    ...{ pollMs: HOUR_MS, newsJitterMs: 0, settleMs: 0, originDelayMs: 0, signal: stop.signal },
    ...{ onPhase: ignore, onProgress: ignore, onUpdated: ignore, onStep: ignore, onStay: ignore, onFailure: ignore },
    onPresent: (version) => Promise.resolve(void present.push(version)),
  }
  return follow(peer, options)
}

async function end({ ended }: Following): Promise<void> {
  stop.abort()
  await vi.advanceTimersByTimeAsync(1)
  await ended
}

test('a round that fails is repeated with growing pauses, whatever else is due', async () => {
  const following = start(() => {
    throw new Error('nobody answers')
  })
  await vi.advanceTimersByTimeAsync(2_400)
  expect(asked).toEqual(['all'])
  expect(following.status()).toMatchObject({ state: 'failing', reason: 'nobody answers' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBeGreaterThan(2)
  expect(asked.length).toBeLessThan(8)
  await end(following)
})

test('a newer policy is decided on at once, and nobody is asked for it', async () => {
  const following = start(() => STAY)
  await vi.advanceTimersByTimeAsync(10)
  ring.policy()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['all', 'nothing'])
  ring.news()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['all', 'nothing', 'all'])
  await end(following)
})

test('what the policy names and is not known yet is looked for', async () => {
  const missing: RoundEnd = { turn: { do: 'stay', reason: 'not-offered' } }
  const following = start((round) => (round === 2 ? missing : STAY))
  await vi.advanceTimersByTimeAsync(10)
  ring.policy()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['all', 'nothing', 'all'])
  await end(following)
})

test('trackers of a staged channel are asked between times, and a turn that comes by the clock is not missed', async () => {
  const untilMs = Date.now() + 60_000
  const following = start((round) =>
    round === 1 ? { turn: { do: 'stay', reason: 'spread', ring: 'all', untilMs } } : STAY,
  )
  await vi.advanceTimersByTimeAsync(59_000)
  expect(asked).toEqual(['all'])
  expect(following.status()).toMatchObject({ state: 'waiting', wait: 'spread', ring: 'all', untilMs })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(asked).toEqual(['all', 'nothing'])
  await vi.advanceTimersByTimeAsync(LIMITS.rollout.policyAskMs * 1.5)
  expect(asked).toContain('policy')
  await end(following)
})

test('a tracker that comes back is asked what it told meanwhile', async () => {
  const following = start(() => STAY)
  await vi.advanceTimersByTimeAsync(10)
  ring.tracker()
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['all', 'policy'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toEqual(['all', 'policy'])
  await end(following)
})

test('what is installed is told once, and again the next day', async () => {
  const following = start(() => STAY, { isByPolicy: false })
  await vi.advanceTimersByTimeAsync(10)
  expect(present).toEqual(['1.0'])
  await vi.advanceTimersByTimeAsync(LIMITS.reports.presentMs - HOUR_MS)
  expect(present).toEqual(['1.0'])
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS)
  expect(present).toEqual(['1.0', '1.0'])
  await end(following)
})

function ignore(): void {
  // Of no matter here.
}
