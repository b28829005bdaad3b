import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { someRollout, someTotals } from '../fixture/rollout.ts'
import { decide } from './decide.ts'
import { judgeRing, tallyOf } from './gate.ts'
import { lateByMs, silentFromMs } from './silence.ts'
import { NO_TOTALS, type RingTotals, type Rollout } from './rollout.ts'

const NOW = 1_800_000_000_000
const MINUTE_MS = 60_000

/** A running rollout whose first ring is open. */
const running = (more: Partial<Rollout> = {}): Rollout =>
  someRollout({ createdAtMs: NOW, sinceMs: NOW, openedAtMs: [NOW], ...more })
const totals = (...rings: Partial<RingTotals>[]): RingTotals[] => rings.map(someTotals)

describe('a running rollout', () => {
  it('opens its first ring at once', () => {
    const { rollout, events } = decide(running({ openedAtMs: [] }), [], NOW)
    expect(rollout).toMatchObject({ openedAtMs: [NOW], revision: 2 })
    expect(events).toEqual([{ type: 'opened', ring: 'canary', atMs: NOW, by: 'gate' }])
  })

  it('opens the next ring once the gate has held for its soak', () => {
    const good = totals({ target: 20, began: 20, healthy: 19, failed: 1, codes: { DISK_FULL: 1 } })
    const held = decide(running(), good, NOW + MINUTE_MS).rollout
    expect(held).toMatchObject({ holdsSinceMs: NOW + MINUTE_MS, openedAtMs: [NOW], passedAtMs: [] })
    const early = decide(held, good, NOW + 30 * MINUTE_MS)
    expect(early).toEqual({ rollout: held, events: [] })
    const { rollout, events } = decide(held, good, NOW + 31 * MINUTE_MS)
    expect(rollout).toMatchObject({ passedAtMs: [NOW + 31 * MINUTE_MS], openedAtMs: [NOW, NOW + 31 * MINUTE_MS] })
    expect(rollout).not.toHaveProperty('holdsSinceMs')
    expect(events.map(({ type, ring, reason }) => [type, ring, reason])).toEqual([
      ['passed', 'canary', '19 of 20 finished are healthy (95 %)'],
      ['opened', 'half', undefined],
    ])
  })

  it('begins the soak of the gate anew when the gate did not hold in between', () => {
    const good = totals({ target: 20, began: 20, healthy: 20 })
    const held = decide(running(), good, NOW).rollout
    const worse = decide(held, totals({ target: 30, began: 30, healthy: 20 }), NOW + MINUTE_MS).rollout
    expect(worse).not.toHaveProperty('holdsSinceMs')
    const later = NOW + 40 * MINUTE_MS
    expect(decide(worse, good, later).rollout).toMatchObject({ openedAtMs: [NOW], holdsSinceMs: later })
  })

  it('waits for approval where it is manual, and still halts', () => {
    const manual = running({ approval: 'manual', holdsSinceMs: NOW })
    const good = totals({ target: 5, began: 5, healthy: 5 })
    const { rollout, events } = decide(manual, good, NOW + 31 * MINUTE_MS)
    expect(rollout).toMatchObject({ state: 'running', openedAtMs: [NOW], passedAtMs: [NOW + 31 * MINUTE_MS] })
    expect(rollout.reason).toBe('ring canary passed; ring half opens when it is promoted')
    expect(events.map(({ type }) => type)).toEqual(['passed'])
    expect(decide(rollout, good, NOW + 90 * MINUTE_MS)).toEqual({ rollout, events: [] })
    const bad = totals({ target: 5, began: 5, healthy: 1, failed: 4, codes: { HEALTH_CHECK: 4 } })
    expect(decide(rollout, bad, NOW + 91 * MINUTE_MS).rollout.state).toBe('halted')
  })

  it('is complete when the last ring passed', () => {
    const last = running({ openedAtMs: [NOW, NOW, NOW], passedAtMs: [NOW, NOW], holdsSinceMs: NOW })
    const good = { target: 5, began: 5, healthy: 5 }
    const { rollout, events } = decide(last, totals(good, good, good), NOW + 31 * MINUTE_MS)
    expect(rollout).toMatchObject({ state: 'completed', sinceMs: NOW + 31 * MINUTE_MS })
    expect(events.map(({ type }) => type)).toEqual(['passed', 'completed'])
  })

  it('halts in words and figures', () => {
    const bad = totals({ target: 20, began: 20, healthy: 7, failed: 2, timedOut: 1, codes: { DISK_FULL: 1, HASH: 1 } })
    const { rollout } = decide(running(), bad, NOW)
    expect(rollout).toMatchObject({ state: 'halted' })
    expect(rollout.reason).toBe(
      'ring canary: 3 of 10 finished failed (30 %), more than 10 %: DISK_FULL x1, HASH x1, timed out x1',
    )
  })

  it('halts for a ring that passed long ago', () => {
    const open = running({ openedAtMs: [NOW, NOW], passedAtMs: [NOW] })
    const { rollout } = decide(open, totals({ target: 9, began: 9, failed: 9 }, { target: 9 }), NOW)
    expect(rollout).toMatchObject({ state: 'halted', reason: expect.stringMatching(/^ring canary: /) as string })
  })

  it('halts at a count in a small ring, and not below the minimum in a large one', () => {
    const one = totals({ target: 1, began: 1, failed: 1 })
    expect(decide(running(), one, NOW).rollout.state).toBe('paused')
    const strict = running()
    const gate = { ...strict.gate, failureCount: 1 }
    expect(decide({ ...strict, gate }, one, NOW).rollout).toMatchObject({
      ...{ state: 'halted', reason: 'ring canary: 1 failed, 1 are enough to halt' },
    })
  })

  it('pauses when all told and it is not enough', () => {
    const { rollout } = decide(running(), totals({ target: 20, began: 20, healthy: 18, failed: 2 }), NOW)
    expect(rollout).toMatchObject({ state: 'paused', openedAtMs: [NOW] })
    expect(rollout.reason).toBe('ring canary: 18 of 20 finished are healthy (90 %), needs 95 %')
  })

  it('is not held up by silent devices, and tells of a ring in which all are', () => {
    const mostly = totals({ target: 20, began: 10, healthy: 10, silent: { offline: 7, online: 3 } })
    expect(decide(running(), mostly, NOW).rollout).toHaveProperty('holdsSinceMs', NOW)
    const all = totals({ target: 20, silent: { offline: 18, online: 2 } })
    expect(decide(running(), all, NOW + MINUTE_MS).rollout.state).toBe('running')
    const { rollout } = decide(running(), all, NOW + 60 * MINUTE_MS)
    expect(rollout).toMatchObject({ state: 'paused' })
    expect(rollout.reason).toBe('ring canary: all 20 devices are silent: offline 18, online without a report 2')
  })

  it('gives a ring that was resumed the whole time again', () => {
    const resumed = running({ sinceMs: NOW + 24 * 60 * MINUTE_MS })
    expect(silentFromMs(resumed, 0)).toBe(NOW + 25 * 60 * MINUTE_MS)
    expect(decide(resumed, [], NOW + 25 * 60 * MINUTE_MS - 1).rollout.state).toBe('running')
    expect(lateByMs(resumed, resumed.sinceMs + 15 * MINUTE_MS - 1)).toBe(0)
    expect(lateByMs(resumed, resumed.sinceMs + 15 * MINUTE_MS)).toBe(resumed.sinceMs)
  })

  it('waits for devices that may not begin before their window opens', () => {
    const night = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 22 * 60, toMinute: 23 * 60, zone: 'UTC' }
    const opens = Date.UTC(2027, 0, 15, 22)
    const inWindow = running({ windows: [night], download: 'in-window', spreadSeconds: 60 })
    expect(silentFromMs(inWindow, 0)).toBe(opens + 60 * MINUTE_MS)
    expect(silentFromMs({ ...inWindow, download: 'at-once' }, 0)).toBe(NOW + 61 * MINUTE_MS)
    expect(silentFromMs(inWindow, 1)).toBe(Infinity)
  })

  it('pauses for a ring that nobody belongs to', () => {
    const { rollout } = decide(running(), [], NOW + 60 * MINUTE_MS)
    expect(rollout).toMatchObject({ state: 'paused', reason: 'ring canary: no known device belongs to it' })
  })

  it('does nothing once it does not run', () => {
    for (const state of ['paused', 'halted', 'completed', 'superseded'] as const) {
      const still = running({ state })
      expect(decide(still, totals({ target: 9, began: 9, failed: 9 }), NOW)).toEqual({ rollout: still, events: [] })
    }
  })
})

const ringTotals = fc
  .record({
    waits: fc.nat(20),
    offline: fc.nat(5),
    online: fc.nat(5),
    healthy: fc.nat(40),
    failed: fc.nat(8),
    late: fc.nat(4),
  })
  .map(({ waits, offline, online, healthy, failed, late }): RingTotals => ({
    ...NO_TOTALS,
    target: waits + offline + online + healthy + failed + late,
    began: healthy + failed + late,
    ...{ healthy, failed, timedOut: late },
    silent: { offline, online },
    codes: failed === 0 ? {} : { HEALTH_CHECK: failed },
  }))
const three = fc.tuple(ringTotals, ringTotals, ringTotals)
const gate = fc.record({
  ...{
    successShare: fc.constantFrom(0.5, 0.95, 1),
    failureShare: fc.constantFrom(0, 0.1, 0.5),
    failureMinimum: fc.integer({ min: 1, max: 5 }),
  },
  ...{
    finishedShare: fc.constantFrom(0, 0.9, 1),
    soakSeconds: fc.constantFrom(0, 1800),
    silentAfterSeconds: fc.constant(3600),
  },
})
const drawn = fc
  .record({
    gate,
    open: fc.integer({ min: 0, max: 3 }),
    passed: fc.nat(3),
    approval: fc.constantFrom('automatic', 'manual'),
    holds: fc.boolean(),
  })
  .map(({ gate, open, passed, approval, holds }) =>
    running({
      ...{ gate, approval },
      openedAtMs: Array.from({ length: open }, () => NOW),
      passedAtMs: Array.from({ length: Math.min(passed, Math.max(open - 1, 0)) }, () => NOW),
      ...(holds ? { holdsSinceMs: NOW } : {}),
    }),
  )
const later = fc.nat(48 * 60).map((minutes) => NOW + minutes * MINUTE_MS)

describe('whatever devices told, the engine', () => {
  it('opens a ring only when the gate of the one before holds', () => {
    fc.assert(
      fc.property(drawn, three, later, (rollout, all, now) => {
        const { rollout: next } = decide(rollout, all, now)
        const open = rollout.openedAtMs.length
        expect(next.openedAtMs.length).toBeLessThanOrEqual(open + 1)
        expect(next.openedAtMs.slice(0, open)).toEqual(rollout.openedAtMs)
        if (next.openedAtMs.length === open || open === 0 || rollout.passedAtMs.length === open) return
        expect(judgeRing(rollout.gate, all[open - 1] ?? NO_TOTALS).is).toBe('holding')
      }),
    )
  })

  it('never halts by fewer failures than the minimum', () => {
    fc.assert(
      fc.property(drawn, three, later, (rollout, all, now) => {
        if (decide(rollout, all, now).rollout.state !== 'halted') return
        const most = Math.max(...all.slice(0, rollout.openedAtMs.length).map((each) => tallyOf(each).failed))
        expect(most).toBeGreaterThanOrEqual(rollout.gate.failureMinimum)
      }),
    )
  })

  it('says once what it says', () => {
    fc.assert(
      fc.property(drawn, three, later, (rollout, all, now) => {
        let next = decide(rollout, all, now).rollout
        // At most each ring holds, passes and opens.
        for (let time = 0; time < 10; time++) next = decide(next, all, now).rollout
        expect(decide(next, all, now)).toEqual({ rollout: next, events: [] })
      }),
    )
  })

  it('raises the revision with every change, and with nothing else', () => {
    fc.assert(
      fc.property(drawn, three, later, (rollout, all, now) => {
        const { rollout: next, events } = decide(rollout, all, now)
        if (next === rollout) expect(events).toEqual([])
        else expect(next.revision).toBeGreaterThan(rollout.revision)
      }),
    )
  })

  it('has opened as much later as it had before', () => {
    fc.assert(
      fc.property(drawn, three, later, later, (rollout, all, a, b) => {
        const [first, second] = a < b ? [a, b] : [b, a]
        const early = decide(rollout, all, first).rollout
        const late = decide(rollout, all, second).rollout
        expect(late.openedAtMs.length).toBeGreaterThanOrEqual(early.openedAtMs.length)
        if (early.state === 'halted') expect(late.state).toBe('halted')
      }),
    )
  })

  it('comes to an end, or to a reason to ask somebody, once no device owes a word', () => {
    fc.assert(
      fc.property(drawn, three, (rollout, all) => {
        // Everybody has told, is past a deadline, or is silent.
        const told = all.map((each) => ({ ...each, target: each.began + each.silent.offline + each.silent.online }))
        let next = rollout
        for (let hour = 0; hour < 24; hour++) next = decide(next, told, NOW + hour * 60 * MINUTE_MS).rollout
        if (next.state !== 'running') return
        expect(next).toMatchObject({ approval: 'manual', reason: expect.stringContaining('is promoted') as string })
      }),
    )
  })
})
