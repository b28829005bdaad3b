import { expect, test } from 'vitest'
import type { FoundRelease, Policy, ReleaseId } from '@shoal/release'
import { decideNext, isSameTurn, type Situation } from './decide.ts'
import { decideGet } from './decide-get.ts'
import { NO_RECORD } from './record.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const target = { product: 'game', channel: 'stable', platform: 'any' }

function release(version: string, counter: number): FoundRelease {
  const id = `id-${version}` as ReleaseId
  return { ...target, version, counter, release: id, rootBytes: 9, role: 'rel-game-stable' }
}

const [one, two] = [release('1.0', 1), release('2.0', 2)] as const
const policy: Policy = {
  version: 4,
  expires: new Date('2030-02-01T00:00:00Z'),
  channels: [{ product: 'game', channel: 'stable', base: '1.0', steps: [], withdrawn: [] }],
}

function decide(change: Partial<Situation>): ReturnType<typeof decideNext> {
  return decideNext({
    target,
    offered: { releases: [two, one], isStaged: false },
    policy: undefined,
    device: { id: 'me', site: '', group: '', labels: {} },
    installed: undefined,
    record: NO_RECORD,
    soakSeconds: 60,
    nowMs: NOW.getTime(),
    ...change,
  })
}

test('where nothing is staged, the newest is installed at once, whatever a policy says', () => {
  expect(decide({ policy })).toMatchObject({ do: 'install', version: '2.0', soakSeconds: 60, timeoutSeconds: 660 })
  expect(decide({ installed: { ...two } })).toEqual({ do: 'stay', reason: 'up-to-date' })
})

test('what failed here is not tried again, but the next version is', () => {
  const failed = [{ version: '2.0', code: 'HEALTH_CHECK', message: 'it was slow', atMs: 1 }]
  const record = { ...NO_RECORD, failed }
  expect(decide({ record, installed: one })).toEqual({ do: 'stay', reason: 'failed-before' })
  const offered = { releases: [one, two, release('3.0', 3)], isStaged: false }
  expect(decide({ record, installed: one, offered })).toMatchObject({ do: 'install', version: '3.0' })
})

test('of a staged channel the policy decides, unless the configuration names a version', () => {
  const offered = { releases: [two, one], isStaged: true }
  expect(decide({ offered })).toMatchObject({ do: 'stay', reason: 'no-policy' })
  expect(decide({ offered, policy })).toMatchObject({ do: 'install', version: '1.0' })
  expect(decide({ offered, target: { ...target, version: '2.0' } })).toMatchObject({ do: 'install', version: '2.0' })
  expect(decide({ offered, target: { ...target, version: '9' } })).toEqual({ do: 'stay', reason: 'not-offered' })
})

test('two turns are the same when they lead to the same release by the same rollout', () => {
  const install = decide({})
  expect(isSameTurn(install, { ...install })).toBe(true)
  expect(isSameTurn(install, { do: 'stay', reason: 'paused' })).toBe(false)
  expect(isSameTurn({ do: 'stay', reason: 'paused' }, { do: 'stay', reason: 'halted' })).toBe(true)
  expect(install.do === 'install' && isSameTurn(install, { ...install, rollout: 'r' })).toBe(false)
  expect(isSameTurn(install, { do: 'return', version: '2.0', rollout: 'r' })).toBe(false)
})

test('get takes of a staged channel what everybody may have, or says why it takes nothing', () => {
  const staged = { releases: [two, one], isStaged: true, from: 'origin' } as const
  expect(decideGet(target, { ...staged, isStaged: false }, undefined, NOW)).toBe(two)
  expect(decideGet(target, staged, policy, NOW)).toBe(one)
  expect(() => decideGet(target, staged, undefined, NOW)).toThrow(
    'game@stable is staged, and nobody within reach has a policy',
  )
  expect(() => decideGet(target, staged, policy, policy.expires)).toThrow('the policy expired on 2030-02-01')
  expect(() => decideGet(target, staged, { ...policy, channels: [] }, NOW)).toThrow('no version yet that every machine')
})

test('get leaves what is newer than what everybody may have, unless it is withdrawn', () => {
  const staged = { releases: [two, one], isStaged: true }
  expect(decideGet(target, staged, policy, NOW, two.release)).toBe(two)
  expect(decideGet(target, staged, policy, NOW, one.release)).toBe(one)
  const withdrawing = (version: string): Policy => ({
    ...policy,
    channels: policy.channels.map((line) => ({ ...line, withdrawn: [{ version, rollout: 'r' }] })),
  })
  expect(decideGet(target, staged, withdrawing('2.0'), NOW, two.release)).toBe(one)
  expect(() => decideGet(target, staged, withdrawing('1.0'), NOW)).toThrow('no version yet that every machine')
})
