import { describe, expect, it } from 'vitest'
import { applyEvent } from './apply.ts'
import { setBit } from './bitmap.ts'
import { ORIGIN, type Decision } from './events.ts'
import { explainWaiting, planRequests } from './plan.ts'
import { createSwarm, DEFAULT_POLICY, type SwarmState } from './state.ts'

const SPANS = 40
const MIB = 1 << 20
const EVERYTHING = { type: 'limited', lanBytesMax: Infinity, wanBytesMax: Infinity, originBytesMax: Infinity } as const

function swarm(policy: Partial<typeof DEFAULT_POLICY> = {}): SwarmState {
  const spans = new Uint32Array(SPANS).fill(MIB)
  return createSwarm('me', spans, { ...DEFAULT_POLICY, originFromMs: 0, gentleUntilMs: 0, ...policy }, () => 0.5, 0)
}

function join(state: SwarmState, peer: string, local: boolean, spans: readonly number[]): void {
  const bitmap = new Uint8Array((SPANS + 7) >> 3)
  for (const span of spans) setBit(bitmap, span)
  applyEvent(state, { type: 'joined', peer, local, spans: bitmap, nowMs: 0 })
}

function plan(state: SwarmState, nowMs: number): (Decision & { type: 'request' })[] {
  return planRequests(state, nowMs).filter((decision) => decision.type === 'request')
}

const all = Array.from({ length: SPANS }, (_, span) => span)

describe('the planner under limits', () => {
  it('asks nobody of whom nothing may be taken, and those of whom it may instead', () => {
    const state = swarm()
    join(state, 'near', true, all)
    join(state, 'far', false, all)
    applyEvent(state, { ...EVERYTHING, lanBytesMax: 0, originBytesMax: 0 })
    expect(new Set(plan(state, 1).map(({ from }) => from))).toEqual(new Set(['far']))
    applyEvent(state, { ...EVERYTHING, lanBytesMax: 0, wanBytesMax: 0 })
    expect(new Set(plan(state, 2).map(({ from }) => from))).toEqual(new Set([ORIGIN]))
  })

  it('says that a span is with nobody where only the origin has it and is forbidden', () => {
    const state = swarm()
    applyEvent(state, { ...EVERYTHING, originBytesMax: 0 })
    expect(plan(state, 60_000)).toEqual([])
    expect(explainWaiting(state, 60_000).nobody).toBe(SPANS)
  })

  it('keeps as much in flight as will come soon, from all neighbours together and from the origin', () => {
    const state = swarm()
    join(state, 'a', true, all.slice(0, 15))
    join(state, 'b', true, all.slice(0, 15))
    join(state, 'far', false, all.slice(20, 30))
    applyEvent(state, { type: 'limited', lanBytesMax: 2 * MIB, wanBytesMax: 100_000, originBytesMax: 1_500_000 })
    const asked = plan(state, 1).map(({ from }) => from)
    expect(asked.filter((from) => from === 'a' || from === 'b')).toHaveLength(2)
    expect(asked.filter((from) => from === 'far')).toHaveLength(1)
    expect(asked.filter((from) => from === ORIGIN)).toHaveLength(2)
  })

  it('asks the origin once neighbours have delivered nothing for as long as the policy says, and from then on', () => {
    const state = swarm({ originDelayMs: 5_000, floorBytesPerSecond: 0 })
    join(state, 'near', true, [0, 1])
    expect(plan(state, 0).map(({ from }) => from)).toEqual(['near', 'near'])
    applyEvent(state, { type: 'done', from: 'near', span: 0, nowMs: 4_000 })
    applyEvent(state, { type: 'done', from: 'near', span: 1, nowMs: 4_000 })
    expect(plan(state, 8_900)).toEqual([])
    const asked = plan(state, 9_000)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.every(({ from }) => from === ORIGIN)).toBe(true)
    const { span } = asked[0] ?? { span: -1 }
    applyEvent(state, { type: 'done', from: ORIGIN, span, nowMs: 9_500 })
    applyEvent(state, { type: 'progress', from: 'near', span: 0, bytes: MIB, nowMs: 9_600 })
    for (const each of asked.slice(1)) applyEvent(state, { type: 'done', from: ORIGIN, span: each.span, nowMs: 9_700 })
    expect(plan(state, 9_800).length).toBeGreaterThan(0)
  })

  it('leaves a neighbour that is busy alone for a while, and then asks it again', () => {
    const state = swarm({ origin: false })
    join(state, 'near', true, [0])
    expect(plan(state, 0)).toHaveLength(1)
    applyEvent(state, { type: 'failed', from: 'near', span: 0, cause: 'busy', nowMs: 10 })
    expect(plan(state, 20)).toEqual([])
    expect(plan(state, 5_010)).toMatchObject([{ from: 'near', span: 0 }])
  })

  it('tells a span that neighbours have and do not deliver from one that nobody has', () => {
    const state = swarm()
    join(state, 'near', true, [0])
    plan(state, 0)
    applyEvent(state, { type: 'failed', from: 'near', span: 0, cause: 'busy', nowMs: 10 })
    for (const span of all.slice(1)) applyEvent(state, { type: 'done', from: ORIGIN, span, nowMs: 11 })
    expect(plan(state, 20)).toMatchObject([{ from: ORIGIN, span: 0, reason: 'holders-failed' }])
  })
})
