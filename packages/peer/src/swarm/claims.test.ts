import { describe, expect, it } from 'vitest'
import { applyEvent } from './apply.ts'
import { bitmapBytes, setBit } from './bitmap.ts'
import { LAG_SPANS_MAX } from './claims.ts'
import { ORIGIN } from './events.ts'
import { explainWaiting, planRequests } from './plan.ts'
import { createSwarm, DEFAULT_POLICY, FETCHING_MAX, type SwarmPolicy, type SwarmState } from './state.ts'

const SPANS = 40
const MIB = 1 << 20
const NONE = new Uint8Array(bitmapBytes(SPANS))

function swarm(policy: Partial<SwarmPolicy> = {}, self = 'me'): SwarmState {
  const bytes = new Uint32Array(SPANS).fill(MIB)
  return createSwarm(self, bytes, { ...DEFAULT_POLICY, originFromMs: 0, gentleUntilMs: 0, ...policy }, () => 0.5, 0)
}

function join(state: SwarmState, ...peers: string[]): void {
  for (const peer of peers) applyEvent(state, { type: 'joined', peer, local: true, spans: NONE, nowMs: 0 })
}

function says(state: SwarmState, peer: string, span: number, began: boolean, nowMs: number): void {
  applyEvent(state, { type: 'fetching', peer, span, began, nowMs })
}

/** It has planned all along, and decided nothing that matters here. */
function keptPlanning(state: SwarmState, nowMs: number): SwarmState {
  state.plannedMs = nowMs
  return state
}

/** Every span that it asks the origin for, one window after another, until it asks for no more. */
function askedOfOrigin(state: SwarmState, nowMs: number): number[] {
  const asked: number[] = []
  for (;;) {
    const spans = planRequests(state, nowMs).flatMap((each) =>
      each.type === 'request' && each.from === ORIGIN ? [each.span] : [],
    )
    if (spans.length === 0) return asked
    asked.push(...spans)
    for (const span of spans) applyEvent(state, { type: 'done', from: ORIGIN, span, nowMs })
  }
}

describe('what others of the site fetch', () => {
  it('is not asked of the origin, and waited for', () => {
    const state = swarm()
    join(state, 'other')
    for (const span of [0, 1, 2, 3]) says(state, 'other', span, true, 0)
    expect(explainWaiting(state, 1).owner).toBeGreaterThanOrEqual(4)
    expect(askedOfOrigin(state, 1).filter((span) => span < 4)).toEqual([])
  })

  it('is asked for after all when it is given up, when its peer leaves, and when nothing comes of it', () => {
    const all = new Set(askedOfOrigin(swarm(), 1))
    for (const end of ['gives up', 'leaves', 'stands still'] as const) {
      const state = swarm()
      join(state, 'other')
      says(state, 'other', 3, true, 0)
      if (end === 'gives up') says(state, 'other', 3, false, 1)
      if (end !== 'stands still') applyEvent(state, { type: 'left', peer: 'other' })
      expect(new Set(askedOfOrigin(state, end === 'stands still' ? DEFAULT_POLICY.hedgeMs + 1 : 2)), end).toEqual(all)
    }
  })

  it('is believed for so many spans at a time, and not for longer because it is said again', () => {
    const state = swarm()
    join(state, 'liar')
    for (let span = 0; span < SPANS; span++) says(state, 'liar', span, true, 0)
    expect(state.neighbours.get('liar')?.fetching.size).toBe(FETCHING_MAX)
    const laterMs = DEFAULT_POLICY.hedgeMs + 1
    for (let span = 0; span < SPANS; span++) says(state, 'liar', span, true, laterMs)
    expect(askedOfOrigin(keptPlanning(state, laterMs), laterMs)).toHaveLength(SPANS)
  })

  it('is waited for longer where the origin is slow to this peer, too', () => {
    const state = swarm()
    join(state, 'other')
    says(state, 'other', 3, true, 0)
    planRequests(state, 0)
    const laterMs = 3 * DEFAULT_POLICY.hedgeMs
    const hedged = planRequests(state, laterMs).filter((each) => each.type === 'request' && each.reason === 'hedge')
    expect(hedged).toEqual([])
  })
})

describe('a peer that lags behind its site', () => {
  const ahead = LAG_SPANS_MAX + 1

  function joinAhead(state: SwarmState, peer: string): void {
    join(state, peer)
    for (let span = 0; span < ahead; span++) applyEvent(state, { type: 'have', peer, span, nowMs: 0 })
  }

  it('fetches from its neighbours alone, until they make no progress any more', () => {
    const state = swarm()
    joinAhead(state, 'foremost')
    expect(askedOfOrigin(state, 1)).toEqual([])
    expect(explainWaiting(state, 1)).toMatchObject({ owner: SPANS - ahead, origin: 0 })
    const laterMs = DEFAULT_POLICY.hedgeMs + 1
    const asked = askedOfOrigin(keptPlanning(state, laterMs), laterMs)
    expect(asked.filter((span) => span >= ahead)).toHaveLength(SPANS - ahead)
  })

  it('owns nothing in the eyes of the others', () => {
    const state = swarm()
    join(state, 'slow')
    for (let span = 0; span < ahead; span++) applyEvent(state, { type: 'done', from: ORIGIN, span, nowMs: 0 })
    expect(askedOfOrigin(state, 1)).toHaveLength(SPANS - ahead)
  })

  it('is waited for a while with what it fetches, whatever else it gains', () => {
    const state = swarm()
    join(state, 'slow')
    for (let span = 0; span < ahead; span++) applyEvent(state, { type: 'done', from: ORIGIN, span, nowMs: 0 })
    says(state, 'slow', SPANS - 1, true, 0)
    expect(askedOfOrigin(state, 1)).not.toContain(SPANS - 1)
    const laterMs = DEFAULT_POLICY.hedgeMs + 1
    applyEvent(state, { type: 'have', peer: 'slow', span: 0, nowMs: laterMs })
    expect(askedOfOrigin(state, laterMs)).toEqual([SPANS - 1])
  })
})

describe('the floor', () => {
  it('has each span that neighbours deliver too slowly asked of the origin by one peer of those that lack it', () => {
    const peers = ['a', 'b', 'c']
    const asked = peers.flatMap((self) => {
      const state = swarm({}, self)
      const spans = new Uint8Array(bitmapBytes(SPANS))
      for (let span = 0; span < SPANS; span++) setBit(spans, span)
      applyEvent(state, { type: 'joined', peer: 'slow', local: true, spans, nowMs: 0 })
      for (const peer of peers.filter((each) => each !== self)) {
        join(state, peer)
        applyEvent(state, { type: 'have', peer, span: 0, nowMs: 15_000 })
      }
      return planRequests(keptPlanning(state, 15_000), 15_001).flatMap((each) =>
        each.type === 'request' && each.reason === 'floor' ? [each.span] : [],
      )
    })
    expect(asked.length).toBeGreaterThan(3)
    expect(new Set(asked).size).toBe(asked.length)
  })
})

describe('the beginning', () => {
  it('asks the origin for one span at a time, for another one than others who begin unseen', () => {
    const first = ['a', 'b', 'c', 'd', 'e', 'f'].map((self) => {
      const asked = planRequests(swarm({ gentleUntilMs: 1_000 }, self), 1)
      expect(asked).toHaveLength(1)
      return (asked[0] as { span: number }).span
    })
    expect(new Set(first).size).toBeGreaterThan(first.length / 2)
  })
})

describe('the origin’s window', () => {
  it('is shared by the peers of a site that fetch', () => {
    const state = swarm()
    join(state, 'a', 'b', 'c')
    for (const [at, peer] of ['a', 'b', 'c'].entries()) says(state, peer, at, true, 0)
    expect(planRequests(state, 1)).toHaveLength(1)
    const alone = swarm()
    expect(planRequests(alone, 1)).toHaveLength(4)
  })
})
