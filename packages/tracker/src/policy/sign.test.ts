import { createSigner, parsePolicy, type Policy, type TrustedTargets } from '@shoal/release'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { someRollout } from '../fixture/rollout.ts'
import type { Channel } from '../rollout/channel.ts'
import { checkPolicyKey, draftPolicy, encodePolicy, POLICY_LIFE_MS, type ChannelState } from './sign.ts'

const NOW = 1_800_000_000_123
const DAY_MS = 86_400_000
const channel = (name: string, more: Partial<Channel> = {}): Channel => ({
  ...{ product: 'game', channel: name, base: '1.0', steps: [], withdrawn: [] },
  ...more,
})
const STATES: ChannelState[] = [
  { channel: channel('stable', { rollout: 'game-stable-1' }), last: someRollout({ openedAtMs: [NOW] }) },
  { channel: channel('beta'), last: undefined },
]

const drafted = (before: Policy | undefined, states = STATES, nowMs = NOW): Policy => {
  const policy = draftPolicy(before, states, nowMs)
  if (policy === undefined) throw new Error('there is nothing to sign')
  return policy
}

describe('the policy of a tracker', () => {
  it('is what a device reads, channels in order', () => {
    const policy = drafted(undefined)
    expect(policy.version).toBe(1)
    expect(policy.channels.map((each) => each.channel)).toEqual(['beta', 'stable'])
    const key = createSigner(randomBytes(32))
    expect(parsePolicy(encodePolicy(policy, key)).policy).toEqual(policy)
  })

  it('is signed anew when something changed, under the next version', () => {
    const before = drafted(undefined)
    expect(draftPolicy(before, STATES.toReversed(), NOW + 1)).toBeUndefined()
    const [first, second] = STATES as [ChannelState, ChannelState]
    const open = { ...first, last: someRollout({ openedAtMs: [NOW, NOW] }) }
    const next = drafted(before, [open, second])
    expect(next.version).toBe(2)
    expect(next.channels[1]?.rollout?.openedAtMs).toEqual([NOW, NOW])
  })

  it('says the same to a device whether its rollout has a gate that holds or not', () => {
    const [first, second] = STATES as [ChannelState, ChannelState]
    const holding = { ...first, last: someRollout({ openedAtMs: [NOW], holdsSinceMs: NOW, revision: 9 }) }
    expect(draftPolicy(drafted(undefined), [holding, second], NOW)).toBeUndefined()
  })

  it('is renewed long before it expires', () => {
    const before = drafted(undefined)
    expect(before.expires.getTime()).toBe(NOW - 123 + POLICY_LIFE_MS)
    expect(draftPolicy(before, STATES, NOW + 9 * DAY_MS)).toBeUndefined()
    const next = drafted(before, STATES, NOW + 11 * DAY_MS)
    expect(next).toMatchObject({ version: 2, channels: before.channels })
  })

  it('is not signed by a key that devices do not know', () => {
    const nobody: TrustedTargets = { role: () => undefined }
    expect(() => {
      checkPolicyKey(nobody, createSigner(randomBytes(32)))
    }).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  })
})
