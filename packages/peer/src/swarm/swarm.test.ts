import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEvent } from './apply.ts'
import { hasBit, isBitmapOf, setBit } from './bitmap.ts'
import { ORIGIN, type Decision } from './events.ts'
import { hashPeer, owns } from './ownership.ts'
import { explainWaiting, planRequests } from './plan.ts'
import { createSwarm, DEFAULT_POLICY, HELD, isComplete, MISSING, type SwarmState } from './state.ts'

const SPANS = 40
const MIB = 1 << 20

function swarm(policy: Partial<typeof DEFAULT_POLICY> = {}, spans = SPANS): SwarmState {
  return createSwarm(
    'me',
    new Uint32Array(spans).fill(MIB),
    { ...DEFAULT_POLICY, originFromMs: 0, gentleUntilMs: 0, ...policy },
    () => 0.5,
    0,
  )
}

function bitmap(spans: readonly number[], count = SPANS): Uint8Array {
  const bytes = new Uint8Array((count + 7) >> 3)
  for (const span of spans) setBit(bytes, span)
  return bytes
}

function requests(decisions: readonly Decision[]): (Decision & { type: 'request' })[] {
  return decisions.filter((decision) => decision.type === 'request')
}

const all = Array.from({ length: SPANS }, (_, span) => span)

describe('the planner', () => {
  it('asks the origin for everything when it is alone, up to a window', () => {
    const state = swarm()
    const asked = requests(planRequests(state, 1))
    expect(asked.map(({ span, from, reason }) => ({ span, from, reason }))).toEqual(
      [0, 1, 2, 3].map((span) => ({ span, from: ORIGIN, reason: 'alone' })),
    )
  })

  it('asks a neighbour of the site rather than the origin or a remote one', () => {
    const state = swarm()
    applyEvent(state, { type: 'joined', peer: 'near', local: true, spans: bitmap(all), nowMs: 0 })
    applyEvent(state, { type: 'joined', peer: 'far', local: false, spans: bitmap(all), nowMs: 0 })
    const asked = requests(planRequests(state, 1))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.every(({ from }) => from === 'near')).toBe(true)
  })

  it('asks for the rarest span first', () => {
    const state = swarm()
    applyEvent(state, { type: 'joined', peer: 'a', local: true, spans: bitmap(all), nowMs: 0 })
    applyEvent(state, {
      type: 'joined',
      peer: 'b',
      local: true,
      spans: bitmap(all.filter((span) => span !== 17)),
      nowMs: 0,
    })
    expect(requests(planRequests(state, 1)).slice(0, 2)).toContainEqual(
      expect.objectContaining({ span: 17, from: 'a' }),
    )
  })

  it('waits for the owner of what nobody has, and says so', () => {
    const state = swarm()
    applyEvent(state, { type: 'joined', peer: 'other', local: true, spans: bitmap([]), nowMs: 0 })
    const rival = [{ id: 'other', hash: hashPeer('other') }]
    const mine = all.filter((span) => owns(span, { id: 'me', hash: hashPeer('me') }, rival))
    const asked = requests(planRequests(state, 1))
    expect(asked.every(({ span, reason }) => mine.includes(span) && reason === 'owner')).toBe(true)
    expect(explainWaiting(state, 1).owner).toBe(SPANS - mine.length)
  })

  it('passes over an owner that made no progress within the hedge window', () => {
    const state = swarm({ hedgeMs: 1_000 })
    applyEvent(state, { type: 'joined', peer: 'other', local: true, spans: bitmap([]), nowMs: 0 })
    planRequests(state, 1)
    for (const span of all) applyEvent(state, { type: 'failed', from: ORIGIN, span, cause: 'lost', nowMs: 2 })
    const asked = requests(planRequests(state, 5_000))
    expect(asked.some(({ reason }) => reason === 'hedge')).toBe(true)
  })

  it('abandons a request that stalls, and asks somebody else', () => {
    const state = swarm({ origin: false })
    applyEvent(state, { type: 'joined', peer: 'dead', local: true, spans: bitmap([3]), nowMs: 0 })
    expect(requests(planRequests(state, 1))).toHaveLength(1)
    applyEvent(state, { type: 'joined', peer: 'alive', local: true, spans: bitmap([3]), nowMs: 2 })
    const decisions = planRequests(state, 20_000)
    expect(decisions).toContainEqual({ type: 'cancel', from: 'dead', span: 3, cause: 'stalled' })
    expect(requests(decisions)).toMatchObject([{ span: 3, from: 'alive' }])
  })

  it('bans a neighbour after the second span that does not verify', () => {
    const state = swarm({ origin: false })
    applyEvent(state, { type: 'joined', peer: 'liar', local: true, spans: bitmap(all), nowMs: 0 })
    const [first, second] = requests(planRequests(state, 1))
    for (const request of [first, second])
      applyEvent(state, { type: 'failed', from: 'liar', span: request?.span ?? 0, cause: 'corrupt', nowMs: 2 })
    expect(planRequests(state, 3)).toEqual([{ type: 'ban', peer: 'liar', cause: 'corrupt' }])
    applyEvent(state, { type: 'joined', peer: 'liar', local: true, spans: bitmap(all), nowMs: 4 })
    expect(requests(planRequests(state, 5))).toEqual([])
  })

  it('asks a far neighbour for one span, and for more once that verified; the origin meanwhile', () => {
    const state = swarm()
    applyEvent(state, { type: 'joined', peer: 'far', local: false, spans: bitmap(all), nowMs: 0 })
    const ofFar = (nowMs: number) => requests(planRequests(state, nowMs)).filter(({ from }) => from === 'far')
    const [first, ...more] = requests(planRequests(state, 1))
    expect(first).toMatchObject({ from: 'far', reason: 'wan-holder' })
    expect(more.length).toBeGreaterThan(0)
    expect(more.every(({ from }) => from === ORIGIN)).toBe(true)
    expect(ofFar(2)).toEqual([])
    applyEvent(state, { type: 'done', from: 'far', span: first?.span ?? 0, nowMs: 3 })
    expect(ofFar(4).length).toBeGreaterThan(1)
  })

  it('bans a far neighbour whose first span does not verify', () => {
    const state = swarm({ origin: false })
    applyEvent(state, { type: 'joined', peer: 'liar', local: false, spans: bitmap(all), nowMs: 0 })
    const [first] = requests(planRequests(state, 1))
    applyEvent(state, { type: 'failed', from: 'liar', span: first?.span ?? 0, cause: 'corrupt', nowMs: 2 })
    expect(planRequests(state, 3)).toEqual([{ type: 'ban', peer: 'liar', cause: 'corrupt' }])
  })

  it('does not wait for a far neighbour that falls silent at the very end, where another has the span', () => {
    const state = swarm({ origin: false }, 1)
    applyEvent(state, { type: 'joined', peer: 'far', local: false, spans: bitmap([0], 1), nowMs: 0 })
    planRequests(state, 0)
    applyEvent(state, { type: 'progress', from: 'far', span: 0, bytes: 600_000, nowMs: 1_000 })
    expect(planRequests(state, 3_500)).toEqual([])
    applyEvent(state, { type: 'joined', peer: 'other', local: false, spans: bitmap([0], 1), nowMs: 3_500 })
    expect(planRequests(state, 3_600)).toMatchObject([
      { type: 'cancel', from: 'far', span: 0, cause: 'stalled' },
      { type: 'request', from: 'other', span: 0 },
    ])
  })

  it('asks a faster neighbour as well for what a slow one still owes at the end', () => {
    const state = swarm({ origin: false }, 1)
    applyEvent(state, { type: 'joined', peer: 'slow', local: true, spans: bitmap([0], 1), nowMs: 0 })
    planRequests(state, 0)
    applyEvent(state, { type: 'progress', from: 'slow', span: 0, bytes: 20_000, nowMs: 1_000 })
    applyEvent(state, { type: 'joined', peer: 'fast', local: true, spans: bitmap([0], 1), nowMs: 1_100 })
    const fast = state.neighbours.get('fast')
    if (fast !== undefined) fast.pace.rate = 50e6
    expect(requests(planRequests(state, 2_500))).toMatchObject([{ span: 0, from: 'fast', reason: 'endgame' }])
    applyEvent(state, { type: 'done', from: 'fast', span: 0, nowMs: 2_600 })
    expect(planRequests(state, 2_700)).toEqual([{ type: 'cancel', from: 'slow', span: 0, cause: 'lost-race' }])
    expect(isComplete(state)).toBe(true)
  })

  it('asks beyond the site at the end only for what would take long, because that costs a second copy', () => {
    const state = swarm({}, 1)
    applyEvent(state, { type: 'joined', peer: 'slow', local: true, spans: bitmap([0], 1), nowMs: 0 })
    planRequests(state, 0)
    applyEvent(state, { type: 'progress', from: 'slow', span: 0, bytes: 600_000, nowMs: 1_000 })
    applyEvent(state, { type: 'joined', peer: 'far', local: false, spans: bitmap([0], 1), nowMs: 1_000 })
    const far = state.neighbours.get('far')
    if (far !== undefined) far.pace.rate = 50e6
    expect(planRequests(state, 2_500)).toEqual([])
    // The silence of the slow one tells more and more.
    expect(requests(planRequests(state, 9_500))).toMatchObject([{ span: 0, from: 'far', reason: 'endgame' }])
  })

  it('has an origin that falls silent at the very end asked anew, a few times', () => {
    const state = swarm({}, 2)
    planRequests(state, 0)
    applyEvent(state, { type: 'progress', from: ORIGIN, span: 0, bytes: 1_000, nowMs: 1_000 })
    const renewals = (nowMs: number) => planRequests(state, nowMs).filter(({ type }) => type === 'renew')
    expect(renewals(1_400)).toEqual([])
    expect(renewals(1_600)).toEqual([{ type: 'renew', quietMs: 500 }])
    expect(renewals(2_500)).toEqual([])
    for (const [nth, nowMs] of [3_000, 4_500, 6_000, 7_500, 9_000].entries())
      expect(renewals(nowMs)).toEqual(nth < 3 ? [{ type: 'renew', quietMs: 1_200 }] : [])
  })

  it('lets an origin be silent while there is much else on its way', () => {
    const state = swarm({}, 20)
    planRequests(state, 0)
    expect(state.missing.length).toBeGreaterThan(4)
    expect(planRequests(state, 9_000).filter(({ type }) => type === 'renew')).toEqual([])
  })

  it('counts a span as held when it comes from a source that was given up, and cancels who was asked instead', () => {
    const state = swarm({ origin: false }, 1)
    applyEvent(state, { type: 'joined', peer: 'late', local: true, spans: bitmap([0], 1), nowMs: 0 })
    planRequests(state, 0)
    applyEvent(state, { type: 'joined', peer: 'next', local: true, spans: bitmap([0], 1), nowMs: 1 })
    expect(requests(planRequests(state, 20_000))).toMatchObject([{ span: 0, from: 'next' }])
    applyEvent(state, { type: 'done', from: 'late', span: 0, nowMs: 20_001 })
    expect(planRequests(state, 20_002)).toEqual([{ type: 'cancel', from: 'next', span: 0, cause: 'lost-race' }])
    applyEvent(state, { type: 'failed', from: 'next', span: 0, cause: 'lost', nowMs: 20_003 })
    expect(isComplete(state)).toBe(true)
  })

  it('leaves the origin alone for a while after it failed', () => {
    const state = swarm()
    const [first] = requests(planRequests(state, 1))
    for (const { span } of [...all.map((span) => ({ span }))])
      applyEvent(state, { type: 'failed', from: ORIGIN, span, cause: 'lost', nowMs: 2 })
    expect(first).toBeDefined()
    expect(requests(planRequests(state, 100))).toEqual([])
    expect(requests(planRequests(state, 1_000)).length).toBeGreaterThan(0)
  })
})

const peers = ['a', 'b', 'c', 'd']
const step = fc.oneof(
  fc.record({
    kind: fc.constant('join' as const),
    peer: fc.constantFrom(...peers),
    local: fc.boolean(),
    spans: fc.uniqueArray(fc.nat(SPANS - 1)),
  }),
  fc.record({ kind: fc.constant('leave' as const), peer: fc.constantFrom(...peers) }),
  fc.record({ kind: fc.constant('have' as const), peer: fc.constantFrom(...peers), span: fc.nat(SPANS + 5) }),
  fc.record({
    kind: fc.constant('answer' as const),
    pick: fc.nat(100),
    outcome: fc.constantFrom('done' as const, 'lost' as const, 'refused' as const, 'corrupt' as const),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(15_000) }),
)

describe('the planner under any events', () => {
  it.each([true, false])(
    'asks only who has it, never too much, never twice for no reason (origin allowed: %s)',
    (origin) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
          const state = swarm({ origin })
          const open = new Map<string, { from: string; span: number }>()
          let nowMs = 0
          for (const each of steps) {
            if (each.kind === 'join') {
              for (const [key, request] of open)
                if (request.from === each.peer && !state.neighbours.has(each.peer)) open.delete(key)
              applyEvent(state, {
                type: 'joined',
                peer: each.peer,
                local: each.local,
                spans: bitmap(each.spans),
                nowMs,
              })
            } else if (each.kind === 'leave') {
              applyEvent(state, { type: 'left', peer: each.peer })
              for (const [key, request] of open) if (request.from === each.peer) open.delete(key)
            } else if (each.kind === 'have') {
              applyEvent(state, { type: 'have', peer: each.peer, span: each.span, nowMs })
            } else if (each.kind === 'wait') {
              nowMs += each.ms
            } else {
              const request = [...open.values()][each.pick % Math.max(1, open.size)]
              if (request === undefined) continue
              open.delete(`${request.from} ${request.span}`)
              if (each.outcome === 'done') applyEvent(state, { type: 'done', ...request, nowMs })
              else applyEvent(state, { type: 'failed', ...request, cause: each.outcome, nowMs })
            }
            for (const decision of planRequests(state, nowMs)) {
              if (decision.type === 'ban') {
                for (const [key, request] of open) if (request.from === decision.peer) open.delete(key)
                continue
              }
              if (decision.type === 'renew') continue
              const key = `${decision.from} ${decision.span}`
              if (decision.type === 'cancel') {
                open.delete(key)
                continue
              }
              expect(open.has(key), key).toBe(false)
              open.set(key, decision)
              if (decision.from === ORIGIN) expect(origin).toBe(true)
              else
                expect(hasBit(state.neighbours.get(decision.from)?.has ?? new Uint8Array(5), decision.span)).toBe(true)
            }
            expect(state.inFlightBytes).toBe([...state.requests.values()].flat().length * MIB)
            expect(state.inFlightBytes).toBeLessThanOrEqual(state.policy.inFlightBytesMax)
            for (const span of state.missing) expect(state.status[span]).toBe(MISSING)
            const counted = state.missing.length + state.requests.size
            const held = state.status.filter((status) => status === HELD).length
            expect(counted).toBeGreaterThanOrEqual(SPANS - held)
          }
        }),
        { numRuns: 300 },
      )
    },
  )
})

describe('ownership', () => {
  it('gives each span one owner, the same for every observer, and spreads them evenly', () => {
    const members = Array.from({ length: 8 }, (_, i) => ({ id: `peer-${i}`, hash: hashPeer(`peer-${i}`) }))
    const count = new Map<string, number>()
    for (let span = 0; span < 8_000; span++) {
      const owners = members.filter((self) =>
        owns(
          span,
          self,
          members.filter((other) => other !== self),
        ),
      )
      expect(owners).toHaveLength(1)
      count.set(owners[0]?.id ?? '', (count.get(owners[0]?.id ?? '') ?? 0) + 1)
    }
    for (const share of count.values()) expect(share).toBeGreaterThan(800)
  })
})

describe('bitmaps', () => {
  it('are refused with a wrong length or a bit beyond the end', () => {
    expect(isBitmapOf(Uint8Array.of(0b111), 3)).toBe(true)
    expect(isBitmapOf(Uint8Array.of(0b1111), 3)).toBe(false)
    expect(isBitmapOf(Uint8Array.of(1, 0), 3)).toBe(false)
    expect(isBitmapOf(new Uint8Array(0), 0)).toBe(true)
  })
})
