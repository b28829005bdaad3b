import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { someRollout, someTotals } from '../fixture/rollout.ts'
import { beginRollout, type RolloutPlan } from './begin.ts'
import { describeChannel, settleChannel, type Channel } from './channel.ts'
import { decide } from './decide.ts'
import { order, type Ordered } from './order.ts'
import type { Decision, Order, RingTotals, Rollout } from './rollout.ts'

const NOW = 1_800_000_000_000
const MINUTE_MS = 60_000
const CHANNEL: Channel = { product: 'game', channel: 'stable', base: '1.0', steps: ['1.5'], withdrawn: [] }

const plan = (more: Partial<RolloutPlan> = {}): RolloutPlan => {
  const { id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds, gate, approval, returns } =
    someRollout()
  const terms = { id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds }
  return { ...terms, gate, approval, returns, ...more }
}
const begin = (channel = CHANNEL, last?: Rollout, more: Partial<RolloutPlan> = {}) => {
  const begun = beginRollout(channel, last, plan(more), 'ann', NOW)
  if ('refused' in begun) throw new Error(begun.refused)
  return begun
}
const done = (ordered: Ordered): Decision => {
  if ('refused' in ordered) throw new Error(ordered.refused)
  return ordered
}
const typesOf = ({ events }: Decision): string[] => events.map(({ type }) => type)

describe('a new rollout', () => {
  it('runs with nothing open, and is what the channel tells of', () => {
    const { rollout, channel, events, superseded } = begin()
    expect(rollout).toMatchObject({ state: 'running', base: '1.0', revision: 1, createdBy: 'ann', openedAtMs: [] })
    expect(channel).toEqual({ ...CHANNEL, rollout: rollout.id })
    expect(events).toEqual([{ type: 'created', atMs: NOW, by: 'ann' }])
    expect(superseded).toBeUndefined()
  })

  it('waits until the last one of the channel has ended, and takes the place of a halted one', () => {
    const last = someRollout({ id: 'before' })
    const refused = { refused: 'ROLLOUT_UNFINISHED' }
    expect(beginRollout(CHANNEL, last, plan(), 'ann', NOW)).toEqual(refused)
    expect(beginRollout(CHANNEL, { ...last, state: 'paused' }, plan(), 'ann', NOW)).toEqual(refused)
    expect(begin(CHANNEL, { ...last, state: 'completed' }).superseded).toBeUndefined()
    const { superseded } = begin(CHANNEL, { ...last, state: 'halted' })
    expect(superseded).toMatchObject({ id: 'before', state: 'superseded', revision: 2 })
  })

  it('may bring what was withdrawn', () => {
    const withdrawn = [
      { version: '2.0', rollout: 'before' },
      { version: '1.9', rollout: 'older' },
    ]
    expect(begin({ ...CHANNEL, withdrawn }).channel.withdrawn).toEqual([{ version: '1.9', rollout: 'older' }])
  })

  it('is refused where it could not do what it says', () => {
    const bare: Channel = { product: 'game', channel: 'stable', steps: [], withdrawn: [] }
    expect(beginRollout(bare, undefined, plan(), 'ann', NOW)).toEqual({ refused: 'ROLLOUT_NO_BASE' })
    expect(begin(bare, undefined, { returns: false }).rollout).not.toHaveProperty('base')
    const zone = { days: [1], fromMinute: 0, toMinute: 60, zone: 'Mars/Olympus' }
    expect(() => begin(CHANNEL, undefined, { windows: [zone] })).toThrow("there is no time zone 'Mars/Olympus'")
    expect(() => begin(CHANNEL, undefined, { rings: [] })).toThrow(/rings/)
    expect(() => begin(CHANNEL, undefined, { gate: { ...plan().gate, successShare: 95 } })).toThrow(RangeError)
    expect(() => begin(CHANNEL, undefined, { gate: { ...plan().gate, failureMinimum: 0 } })).toThrow(RangeError)
  })
})

describe('a person', () => {
  const open = someRollout({ openedAtMs: [NOW], holdsSinceMs: NOW })

  it('pauses and resumes, and the gate then holds anew', () => {
    const paused = done(order(open, { do: 'pause', reason: 'a look first' }, 'ann', NOW)).rollout
    expect(paused).toMatchObject({ state: 'paused', reason: 'a look first' })
    expect(order(paused, { do: 'pause' }, 'ann', NOW)).toEqual({ refused: 'ROLLOUT_NOT_RUNNING' })
    const resumed = done(order(paused, { do: 'resume' }, 'bob', NOW + 5)).rollout
    expect(resumed).toMatchObject({ state: 'running', sinceMs: NOW + 5, openedAtMs: [NOW] })
    expect(resumed).not.toHaveProperty('reason')
    expect(resumed).not.toHaveProperty('holdsSinceMs')
    expect(order(resumed, { do: 'resume' }, 'bob', NOW)).toEqual({ refused: 'ROLLOUT_NOT_PAUSED' })
  })

  it('promotes ring by ring, whatever the gate says, to the end', () => {
    let { rollout } = done(order(open, { do: 'promote' }, 'ann', NOW + 1))
    expect(rollout).toMatchObject({ openedAtMs: [NOW, NOW + 1], passedAtMs: [NOW + 1] })
    rollout = done(order(rollout, { do: 'pause' }, 'ann', NOW + 2)).rollout
    const third = done(order(rollout, { do: 'promote' }, 'ann', NOW + 3))
    expect(typesOf(third)).toEqual(['resumed', 'promoted', 'opened'])
    const last = done(order(third.rollout, { do: 'promote' }, 'ann', NOW + 4))
    expect(typesOf(last)).toEqual(['promoted', 'completed'])
    expect(last.rollout.state).toBe('completed')
    expect(order(last.rollout, { do: 'promote' }, 'ann', NOW)).toEqual({ refused: 'ROLLOUT_ENDED' })
  })

  it('halts, also later with a return, and takes back what was completed', () => {
    const halted = done(order(open, { do: 'halt', returns: false }, 'ann', NOW)).rollout
    expect(halted).toMatchObject({ state: 'halted', returns: false, reason: 'halted by ann' })
    expect(settleChannel(CHANNEL, halted)).toEqual(CHANNEL)
    const returned = done(order(halted, { do: 'halt', returns: true }, 'ann', NOW)).rollout
    expect(settleChannel(CHANNEL, returned).withdrawn).toEqual([{ version: '2.0', rollout: open.id }])
    for (const returns of [true, false]) {
      expect(order(returned, { do: 'halt', returns }, 'ann', NOW)).toEqual({ refused: 'ROLLOUT_ENDED' })
    }
    const completed = someRollout({ state: 'completed' })
    const channel = settleChannel(CHANNEL, completed)
    expect(channel.base).toBe('2.0')
    expect(order(completed, { do: 'halt', returns: false }, 'ann', NOW)).toEqual({ refused: 'ROLLOUT_ENDED' })
    const back = done(order(completed, { do: 'halt', returns: true }, 'ann', NOW)).rollout
    expect(settleChannel(channel, back)).toMatchObject({ base: '1.0', withdrawn: [{ version: '2.0' }] })
  })

  it('cannot return to what there never was', () => {
    const first = { ...open }
    delete first.base
    expect(order(first, { do: 'halt', returns: true }, 'ann', NOW)).toEqual({ refused: 'ROLLOUT_NO_BASE' })
  })
})

describe('what devices are told', () => {
  it('is the terms and the state, and nothing of the gate or of people', () => {
    const { rollout, channel } = begin()
    const { id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds } = rollout
    expect(describeChannel(channel, rollout)).toEqual({
      ...{ product: 'game', channel: 'stable', base: '1.0', steps: ['1.5'], withdrawn: [] },
      rollout: {
        ...{ id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds },
        ...{ state: 'running', openedAtMs: [] },
      },
    })
  })
})

/** Anything that a day brings: time, reports of the newest ring, and people. */
type Happening = { minutes: number; healthy: number; failed: number; asked?: Order }
const orders = fc.constantFrom<Order[]>(
  { do: 'pause' },
  { do: 'resume' },
  { do: 'promote' },
  { do: 'halt', returns: true },
  { do: 'halt', returns: false },
)
const happening: fc.Arbitrary<Happening> = fc.record(
  { minutes: fc.nat(90), healthy: fc.nat(12), failed: fc.nat(2), asked: orders },
  { requiredKeys: ['minutes', 'healthy', 'failed'] },
)

describe('the whole life of a rollout', () => {
  it('goes canary, half, all, and becomes what everybody has', () => {
    let { rollout, channel } = begin()
    const seen: string[] = []
    const good = someTotals({ target: 20, began: 20, healthy: 20 })
    for (let minute = 0; minute < 200 && rollout.state === 'running'; minute++) {
      const totals = rollout.openedAtMs.map(() => good)
      const decided = decide(rollout, totals, NOW + minute * MINUTE_MS)
      seen.push(...decided.events.map(({ type, ring }) => (ring === undefined ? type : `${type} ${ring}`)))
      rollout = decided.rollout
      channel = settleChannel(channel, rollout)
    }
    const passes = ['canary', 'half', 'all'].flatMap((ring) => [`opened ${ring}`, `passed ${ring}`])
    expect(seen).toEqual([...passes, 'completed'])
    expect(channel).toMatchObject({ base: '2.0', withdrawn: [] })
  })

  it('ends with the canary when that fails, and nobody else was touched', () => {
    let { rollout, channel } = begin()
    rollout = decide(rollout, [], NOW).rollout
    const bad: RingTotals = someTotals({ target: 4, began: 4, failed: 4, codes: { HEALTH_CHECK: 4 } })
    rollout = decide(rollout, [bad], NOW + MINUTE_MS).rollout
    channel = settleChannel(channel, rollout)
    expect(rollout).toMatchObject({ state: 'halted', openedAtMs: [NOW] })
    expect(channel).toMatchObject({ base: '1.0', withdrawn: [{ version: '2.0', rollout: rollout.id }] })
  })

  it('keeps to its rules through any day', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (day) => {
        let { rollout, channel } = begin()
        let nowMs = NOW
        const totals = rollout.rings.map(() => someTotals({ target: 50 }))
        for (const { minutes, healthy, failed, asked } of day) {
          nowMs += minutes * MINUTE_MS
          const newest = Math.max(rollout.openedAtMs.length - 1, 0)
          const before = totals[newest] ?? someTotals()
          totals[newest] = grow(before, healthy, failed)
          const last = rollout
          const ordered = asked === undefined ? undefined : order(rollout, asked, 'ann', nowMs)
          if (ordered !== undefined && !('refused' in ordered)) rollout = ordered.rollout
          else rollout = decide(rollout, totals, nowMs).rollout
          channel = settleChannel(channel, rollout)
          checkStep(last, rollout)
          expect(channel.base).toBe(rollout.state === 'completed' ? '2.0' : '1.0')
          const isGone = channel.withdrawn.some(({ version }) => version === '2.0')
          expect(isGone).toBe(rollout.state === 'halted' && rollout.returns)
        }
      }),
    )
  })
})

function grow(totals: RingTotals, healthy: number, failed: number): RingTotals {
  const room = totals.target - totals.began
  const well = Math.min(healthy, room)
  const ill = Math.min(failed, room - well)
  return {
    ...totals,
    began: totals.began + well + ill,
    healthy: totals.healthy + well,
    failed: totals.failed + ill,
  }
}

/** Whatever moved it. */
function checkStep(before: Rollout, after: Rollout): void {
  expect(after.revision).toBeGreaterThanOrEqual(before.revision)
  expect(after.openedAtMs.slice(0, before.openedAtMs.length)).toEqual(before.openedAtMs)
  expect(after.passedAtMs.slice(0, before.passedAtMs.length)).toEqual(before.passedAtMs)
  expect(after.passedAtMs.length).toBeLessThanOrEqual(after.openedAtMs.length)
  expect(after.openedAtMs.length).toBeLessThanOrEqual(after.rings.length)
  // A ring opens when the one before has passed.
  expect(after.openedAtMs.length - after.passedAtMs.length).toBeLessThanOrEqual(1)
  if (after.state === 'completed') expect(after.passedAtMs).toHaveLength(after.rings.length)
  if (before.state === 'halted') expect(after.state).toBe('halted')
  if (after.state === 'paused' || after.state === 'halted') expect(after.reason).toBeTruthy()
}
