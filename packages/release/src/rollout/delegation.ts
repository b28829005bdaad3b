/**
 * Who may sign the policy, and for which channels: the role `policy`, to which the top-level targets delegate paths that no release has.
 * Its document is not in the snapshot, so that it can be changed without the keys of the snapshot; a device holds it to its own version floor.
 */
import type { Metadata, Targets } from '@tufjs/models'
import { ReleaseError } from '../error.ts'
import { untrusted } from '../tuf/verdict.ts'
import { parsePolicy } from './document.ts'
import { isName } from './fields.ts'
import type { Policy } from './policy.ts'

export const POLICY_ROLE = 'policy'
export const POLICY_FILE = 'policy.json'

/** What holds the top-level targets, verified: a `TrustedSet`. */
export interface TrustedTargets {
  role(name: 'targets'): Metadata<Targets> | undefined
}

export interface StagedChannel {
  product: string
  channel: string
}

/** What the role is delegated for a channel: who has this path in the targets is staged. */
export function policyPath({ product, channel }: StagedChannel): string {
  return `${POLICY_ROLE}/${product}/${channel}`
}

/** The channels whose devices install only what the policy offers. */
export function stagedChannels(set: TrustedTargets): StagedChannel[] {
  const paths = set.role('targets')?.signed.delegations?.roles?.[POLICY_ROLE]?.paths ?? []
  return paths.flatMap((path) => {
    const [role, product, channel, ...more] = path.split('/')
    return role === POLICY_ROLE && isName(product) && isName(channel) && more.length === 0 ? [{ product, channel }] : []
  })
}

/** Ids of the keys that may sign the policy, sorted. A version floor counts for the keys under which it was seen. */
export function policyKeyIds(set: TrustedTargets): string[] {
  return (set.role('targets')?.signed.delegations?.roles?.[POLICY_ROLE]?.keyIDs ?? []).toSorted()
}

/**
 * The policy in a document that the trusted targets vouch for, with the channels that are staged alone. Whether it is expired, or older than one
 * that was seen before, is for the caller to ask: what it allowed may still be finished.
 * @throws ReleaseError METADATA_INVALID, POLICY_INVALID, METADATA_UNTRUSTED
 */
export function verifyPolicy(set: TrustedTargets, bytes: Uint8Array): Policy {
  const targets = set.role('targets')
  if (targets?.signed.delegations?.roles?.[POLICY_ROLE] === undefined) {
    throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-missing', 'metadata: the targets delegate to no policy role')
  }
  const { policy, metadata } = parsePolicy(bytes)
  try {
    targets.verifyDelegate(POLICY_ROLE, metadata)
  } catch (error) {
    throw untrusted(POLICY_ROLE, error)
  }
  const staged = new Set(stagedChannels(set).map(policyPath))
  return { ...policy, channels: policy.channels.filter((channel) => staged.has(policyPath(channel))) }
}
