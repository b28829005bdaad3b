import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelPolicy, RolloutPolicy } from './policy.ts'
import { spreadOfMs } from './ring.ts'
import { decideTurn, type Circumstances, type OfferedRelease } from './turn.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const DAY_MS = 86_400_000
/** 1.0, 1.1 … 1.9, and 2.0, with counters that rise. */
const OFFERED: OfferedRelease[] = Array.from({ length: 11 }, (_, at) => ({
  version: at === 10 ? '2.0' : `1.${at}`,
  counter: at + 1,
}))
const release = (version: string): OfferedRelease => {
  const found = OFFERED.find((each) => each.version === version)
  if (found === undefined) throw new TypeError(version)
  return found
}
const NIGHT = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 22 * 60, toMinute: 2 * 60, zone: 'UTC' }

const rollout = (more: Partial<RolloutPolicy> = {}): RolloutPolicy => ({
  id: 'to-1-5',
  version: '1.5',
  state: 'running',
  rings: [
    { name: 'canary', match: { groups: ['canary'] }, percent: 100 },
    { name: 'all', match: {}, percent: 100 },
  ],
  openedAtMs: [NOW - 1000, NOW - 500],
  spreadSeconds: 0,
  windows: [],
  download: 'at-once',
  soakSeconds: 30,
  timeoutSeconds: 600,
  ...more,
})

type More = Omit<Partial<Circumstances>, 'policy'> & { expires?: Date } & {
  [Field in keyof ChannelPolicy]?: ChannelPolicy[Field] | undefined
}

function turn({
  base,
  steps = [],
  withdrawn = [],
  rollout: under,
  expires = new Date(NOW + DAY_MS),
  ...more
}: More = {}) {
  const line: ChannelPolicy = {
    product: 'game',
    channel: 'stable',
    steps,
    withdrawn,
    ...(base === undefined ? {} : { base }),
    ...(under === undefined ? {} : { rollout: under }),
  }
  return decideTurn({
    policy: { version: 1, expires, channels: [line] },
    product: 'game',
    channel: 'stable',
    device: { id: 'device', group: 'office', site: '', labels: {} },
    offered: OFFERED,
    installed: release('1.0'),
    failed: [],
    begun: undefined,
    nowMs: NOW,
    ...more,
  })
}

describe('a device of a staged channel', () => {
  it('stays without a policy, or with one that does not name its channel', () => {
    const stays = { do: 'stay', reason: 'no-policy' }
    expect(turn({ channel: 'beta', product: 'game' })).toEqual(turn({ channel: 'beta' }))
    expect(decideTurn({ ...CIRCUMSTANCES, policy: undefined })).toEqual(stays)
    expect(decideTurn({ ...CIRCUMSTANCES, product: 'other' })).toEqual(stays)
  })

  it('installs what everybody may, and nothing newer without a rollout', () => {
    expect(turn({ base: '1.3' })).toMatchObject({ do: 'install', version: '1.3', isStep: false })
    expect(turn({ base: '1.3', installed: undefined })).toMatchObject({ do: 'install', version: '1.3' })
    expect(turn({ base: '1.3', installed: release('1.3') })).toEqual({ do: 'stay', reason: 'up-to-date' })
    expect(turn({ base: '1.3', installed: release('1.9') })).toEqual({ do: 'stay', reason: 'up-to-date' })
    expect(turn()).toEqual({ do: 'stay', reason: 'up-to-date' })
  })

  it('installs what is rolled out once its ring is open', () => {
    expect(turn({ rollout: rollout() })).toEqual({
      ...{ do: 'install', version: '1.5', rollout: 'to-1-5', isStep: false },
      ...{ soakSeconds: 30, timeoutSeconds: 600 },
    })
    const closed = rollout({ openedAtMs: [NOW] })
    expect(turn({ rollout: closed })).toEqual({ do: 'stay', reason: 'ring-closed', ring: 'all' })
    const canary = { id: 'device', group: 'canary', site: '', labels: {} }
    expect(turn({ rollout: closed, device: canary })).toMatchObject({ do: 'install', version: '1.5' })
  })

  it('installs what everybody may while its ring is closed, and if it is in none', () => {
    expect(turn({ base: '1.2', rollout: rollout({ openedAtMs: [NOW] }) })).toMatchObject({
      do: 'install',
      version: '1.2',
    })
    const small = rollout({ rings: [{ name: 'none', match: {}, percent: 0 }] })
    expect(turn({ base: '1.2', rollout: small })).toMatchObject({ do: 'install', version: '1.2' })
    expect(turn({ rollout: small })).toEqual({ do: 'stay', reason: 'not-in-a-ring' })
  })

  it('begins at its own moment within the spread', () => {
    const spread = rollout({ spreadSeconds: 3600, openedAtMs: [NOW, NOW] })
    const beginsAtMs = NOW + spreadOfMs(spread, 'device')
    expect(turn({ rollout: spread, nowMs: beginsAtMs - 1 })).toEqual({
      ...{ do: 'stay', reason: 'spread', untilMs: beginsAtMs, ring: 'all' },
    })
    expect(turn({ rollout: spread, nowMs: beginsAtMs })).toMatchObject({ do: 'install' })
  })

  it('fetches now and activates in the window, or waits for it, as the rollout says', () => {
    const opens = Date.parse('2026-06-01T22:00:00Z')
    expect(turn({ rollout: rollout({ windows: [NIGHT] }) })).toMatchObject({ do: 'install', activateAtMs: opens })
    const late = rollout({ windows: [NIGHT], download: 'in-window' })
    expect(turn({ rollout: late })).toEqual({ do: 'stay', reason: 'window', untilMs: opens, ring: 'all' })
    expect(turn({ rollout: late, nowMs: opens })).not.toHaveProperty('activateAtMs')
    const never = rollout({ windows: [{ ...NIGHT, zone: 'Mars/Olympus' }] })
    expect(turn({ rollout: never })).toEqual({ do: 'stay', reason: 'window', ring: 'all' })
  })

  it('keeps to the windows of the last rollout also when it comes late', () => {
    const over = rollout({ state: 'completed', windows: [NIGHT], rings: [{ name: 'none', match: {}, percent: 0 }] })
    expect(turn({ base: '1.5', rollout: over })).toMatchObject({
      version: '1.5',
      activateAtMs: expect.any(Number) as number,
    })
  })

  it('begins nothing while a rollout is paused or halted', () => {
    expect(turn({ rollout: rollout({ state: 'paused' }) })).toMatchObject({ do: 'stay', reason: 'paused' })
    expect(turn({ rollout: rollout({ state: 'halted' }) })).toMatchObject({ do: 'stay', reason: 'halted' })
  })

  it('does not try again what failed, until another rollout brings it', () => {
    const failed = [{ version: '1.5', rollout: 'to-1-5' }]
    expect(turn({ rollout: rollout(), failed })).toMatchObject({ do: 'stay', reason: 'failed-before' })
    expect(turn({ base: '1.5', rollout: rollout({ state: 'completed' }), failed })).toMatchObject({
      reason: 'failed-before',
    })
    expect(turn({ base: '1.4', rollout: rollout(), failed })).toMatchObject({ do: 'install', version: '1.4' })
    expect(turn({ rollout: rollout({ id: 'again' }), failed })).toMatchObject({ do: 'install', version: '1.5' })
  })

  it('tells whose version it has', () => {
    expect(turn({ rollout: rollout(), installed: release('1.5') })).toEqual({
      ...{ do: 'stay', reason: 'up-to-date', rollout: 'to-1-5', ring: 'all' },
    })
  })

  it('stays when nothing is signed of what is rolled out', () => {
    expect(turn({ rollout: rollout({ version: '3.0' }) })).toMatchObject({ do: 'stay', reason: 'not-offered' })
  })

  it('goes back when its version is withdrawn, whatever the hour, and forward where it may', () => {
    const withdrawn = [{ version: '1.5', rollout: 'to-1-5' }]
    const halted = { base: '1.2', withdrawn, installed: release('1.5') }
    expect(turn({ ...halted, rollout: rollout({ state: 'halted', windows: [NIGHT] }) })).toEqual({
      ...{ do: 'return', version: '1.2', rollout: 'to-1-5' },
    })
    const next = { id: 'to-1-6', version: '1.6' }
    expect(turn({ ...halted, rollout: rollout({ ...next, openedAtMs: [NOW] }) })).toMatchObject({
      do: 'return',
      version: '1.2',
    })
    expect(turn({ ...halted, rollout: rollout(next) })).toMatchObject({ do: 'install', version: '1.6' })
    expect(turn({ ...halted, installed: release('1.4'), rollout: rollout({ state: 'halted' }) })).toMatchObject({
      reason: 'halted',
    })
  })

  it('ends with an expired policy what it began, and begins nothing', () => {
    const expires = new Date(NOW)
    const begun = { rollout: 'to-1-5', version: '1.5' }
    expect(turn({ rollout: rollout(), expires })).toEqual({ do: 'stay', reason: 'policy-expired' })
    expect(turn({ base: '1.5', expires })).toEqual({ do: 'stay', reason: 'policy-expired' })
    expect(turn({ rollout: rollout(), expires, begun })).toMatchObject({ do: 'install', version: '1.5' })
    expect(turn({ rollout: rollout(), expires, begun: { ...begun, rollout: 'older' } })).toMatchObject({ do: 'stay' })
    expect(turn({ rollout: rollout({ state: 'paused' }), expires, begun })).toMatchObject({ do: 'stay' })
  })
})

describe('versions on the way', () => {
  it('are installed one after the other, by devices that are older', () => {
    const steps = ['1.4', '1.2']
    const way: string[] = []
    let installed = release('1.0')
    for (let next = turn({ steps, rollout: rollout(), installed }); next.do === 'install';) {
      way.push(next.version)
      installed = release(next.version)
      next = turn({ steps, rollout: rollout(), installed })
    }
    expect(way).toEqual(['1.2', '1.4', '1.5'])
    expect(turn({ steps, rollout: rollout() })).toMatchObject({ isStep: true, rollout: 'to-1-5' })
    expect(turn({ steps, rollout: rollout(), installed: undefined })).toMatchObject({ version: '1.5', isStep: false })
  })
})

const CIRCUMSTANCES: Circumstances = {
  policy: { version: 1, expires: new Date(NOW + DAY_MS), channels: [] },
  product: 'game',
  channel: 'stable',
  device: { id: 'device', group: 'office', site: '', labels: {} },
  offered: OFFERED,
  installed: undefined,
  failed: [],
  begun: undefined,
  nowMs: NOW,
}

const version = fc.constantFrom(...OFFERED.map((each) => each.version))
const drawn = fc.record({
  base: fc.option(version, { nil: undefined }),
  steps: fc.uniqueArray(version, { maxLength: 4 }),
  withdrawn: fc
    .uniqueArray(version, { maxLength: 3 })
    .map((each) => each.map((gone) => ({ version: gone, rollout: 'old' }))),
  offered: fc.subarray(OFFERED),
  installed: fc.option(fc.constantFrom(...OFFERED), { nil: undefined }),
  failed: fc.array(fc.record({ version, rollout: fc.constantFrom('to-1-5', 'old') }), { maxLength: 2 }),
  begun: fc.option(fc.record({ version, rollout: fc.constantFrom('to-1-5', 'old') }), { nil: undefined }),
  expires: fc.constantFrom(new Date(NOW - 1), new Date(NOW + DAY_MS)),
  rollout: fc.option(
    fc
      .record({
        version,
        state: fc.constantFrom('running', 'paused', 'halted', 'completed'),
        openedAtMs: fc.constantFrom([], [NOW], [NOW, NOW]),
        windows: fc.constantFrom([], [NIGHT]),
        download: fc.constantFrom('at-once', 'in-window'),
        spreadSeconds: fc.constantFrom(0, 3600),
      })
      .map(rollout),
    { nil: undefined },
  ),
})

describe('whatever a policy says, a device', () => {
  const holds = (claim: (circumstances: typeof drawn extends fc.Arbitrary<infer T> ? T : never) => void): void => {
    fc.assert(fc.property(drawn, claim), { numRuns: 500 })
  }

  it('goes to versions that are signed, and to no others', () => {
    holds((each) => {
      const next = turn(each)
      if (next.do !== 'stay') expect(each.offered.map((offered) => offered.version)).toContain(next.version)
    })
  })

  it('installs what is newer, and returns to what is older and not withdrawn', () => {
    holds((each) => {
      const next = turn(each)
      if (next.do === 'stay') return
      const { counter } = release(next.version)
      if (next.do === 'install') expect(counter).toBeGreaterThan(each.installed?.counter ?? 0)
      else {
        expect(counter).toBeLessThan(each.installed?.counter ?? 0)
        expect(each.withdrawn.map((gone) => gone.version)).not.toContain(next.version)
        expect(next.version).toBe(each.base)
      }
    })
  })

  it('skips no version that must not be skipped', () => {
    holds((each) => {
      const next = turn(each)
      const { installed } = each
      if (next.do !== 'install' || installed === undefined) return
      const passed = each.offered.filter(
        ({ counter }) => counter > installed.counter && counter < release(next.version).counter,
      )
      const gone = each.withdrawn.map((each) => each.version)
      expect(passed.filter((over) => each.steps.includes(over.version) && !gone.includes(over.version))).toEqual([])
    })
  })

  it('installs nothing by a rollout that is halted, paused or not open to it', () => {
    holds((each) => {
      const next = turn(each)
      if (next.do !== 'install' || next.rollout === undefined) return
      expect(['running', 'completed']).toContain(each.rollout?.state)
      expect(each.rollout?.openedAtMs).toHaveLength(2)
      expect(each.failed.some((attempt) => attempt.rollout === next.rollout)).toBe(false)
    })
  })

  it('comes to rest, and at the version of an open rollout if nothing stops it', () => {
    holds((each) => {
      let { installed } = each
      const all = { ...each, offered: OFFERED, failed: [], expires: new Date(NOW + 90 * DAY_MS) }
      // Late in a night, when windows are open and spreads have passed.
      const nowMs = NOW + DAY_MS * 3 + 11 * 3_600_000
      for (let taken = 0; ; taken++) {
        expect(taken).toBeLessThan(20)
        const next = turn({ ...all, installed, nowMs })
        if (next.do === 'stay') break
        installed = release(next.version)
      }
      const { rollout: under, withdrawn } = each
      const isOpen = under?.openedAtMs.length === 2 && (under.state === 'running' || under.state === 'completed')
      if (!isOpen || withdrawn.some((gone) => gone.version === under.version)) return
      expect(installed?.counter).toBeGreaterThanOrEqual(release(under.version).counter)
    })
  })
})
