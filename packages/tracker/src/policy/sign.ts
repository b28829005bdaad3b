/** From what the store knows of channels and rollouts to the document that devices get. Pure but for the key. */
import {
  metadataKeyIdOf,
  policyKeyIds,
  signPolicy,
  type ChannelPolicy,
  type EnrolmentSigner,
  type Policy,
  type TrustedTargets,
} from '@shoal/release'
import { isDeepStrictEqual } from 'node:util'
import { TrackerError } from '../error.ts'
import { describeChannel, type Channel } from '../rollout/channel.ts'
import type { Rollout } from '../rollout/rollout.ts'

const DAY_MS = 86_400_000
/** So long may a fleet go on without its tracker; who holds a device back from news of a halt holds it back no longer. */
export const POLICY_LIFE_MS = 30 * DAY_MS
/** With less than this left, it is signed anew although it says the same. */
const POLICY_RENEW_LEFT_MS = 20 * DAY_MS

/** A channel, and the rollout that it names. */
export interface ChannelState {
  channel: Channel
  last: Rollout | undefined
}

/**
 * The policy after the one before; undefined when it would say the same, and the one before is still good for long enough.
 * @param before the newest that was signed, by whomever
 */
export function draftPolicy(
  before: Policy | undefined,
  channels: readonly ChannelState[],
  nowMs: number,
): Policy | undefined {
  const described = channels.map(({ channel, last }) => describeChannel(channel, last)).toSorted(byName)
  const isGood = before !== undefined && before.expires.getTime() - nowMs > POLICY_RENEW_LEFT_MS
  if (isGood && isDeepStrictEqual(before.channels, described)) return undefined
  return {
    version: (before?.version ?? 0) + 1,
    // Documents state whole seconds.
    expires: new Date(Math.floor((nowMs + POLICY_LIFE_MS) / 1000) * 1000),
    channels: described,
  }
}

/** @throws ReleaseError POLICY_INVALID, METADATA_INVALID for what no device would take, such as one that is too large */
export function encodePolicy(policy: Policy, key: EnrolmentSigner): Uint8Array {
  return signPolicy(policy, [key])
}

/**
 * Devices take a policy only of a key that the fleet's targets name.
 * @throws TrackerError KEY_INVALID
 */
export function checkPolicyKey(targets: TrustedTargets, key: EnrolmentSigner): void {
  if (policyKeyIds(targets).includes(metadataKeyIdOf(key.publicKey))) return
  throw new TrackerError('KEY_INVALID', "the fleet's targets do not let this key sign the policy", {
    fix: 'stage a channel with it first: shoal-seeder stage PRODUCT@CHANNEL --public-key HEX',
  })
}

function byName(a: ChannelPolicy, b: ChannelPolicy): number {
  const [left, right] = [`${a.product}@${a.channel}`, `${b.product}@${b.channel}`]
  return left < right ? -1 : left > right ? 1 : 0
}
