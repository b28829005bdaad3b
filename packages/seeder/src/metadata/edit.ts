/** Changes to what metadata says. They are pure: each gives a new body, whose version and expiry are set when it is signed. */
import { canonicalize } from '@tufjs/canonical-json'
import {
  blockDigest,
  encodeFleet,
  POLICY_ROLE,
  RELEASES_PER_ROLE_MAX,
  releasePaths,
  releaseRole,
  releaseTargetPath,
  type ReleaseTarget,
} from '@shoal/release'
import { SeederError } from '../error.ts'
import { keyIdOf, parsePublicKey, rawKeyOf, type PublicKey } from '../keys/public-key.ts'
import {
  isTopRole,
  SPEC_VERSION,
  type Delegation,
  type KeyTable,
  type RootSigned,
  type TargetEntry,
  type TargetsSigned,
  type TopRole,
} from './document.ts'
import type { Change } from './draft.ts'
import type { MetadataSet } from './set.ts'

/** The keys of a role as a list, which is easier to change than two tables. */
export interface RoleMembers {
  keys: readonly PublicKey[]
  threshold: number
}

export function withRoleKeys(root: RootSigned, role: TopRole, members: RoleMembers): RootSigned {
  const roles = { ...root.roles, [role]: roleKeysOf(members) }
  return { ...root, roles, keys: tableOf(root.keys, members.keys, Object.values(roles)) }
}

/** Lets these keys sign the releases of a channel, in place of those that did so before. */
export function withChannel(
  targets: TargetsSigned,
  { product, channel }: { product: string; channel: string },
  members: RoleMembers,
): TargetsSigned {
  const delegation = { name: releaseRole(product, channel), paths: releasePaths(product, channel) }
  return withDelegation(targets, delegation, members)
}

/** Lets these keys sign the policy of the channels with these paths, and of no others; with no path, nobody signs one any more. */
export function withPolicy(targets: TargetsSigned, paths: readonly string[], members: RoleMembers): TargetsSigned {
  if (paths.length > 0) return withDelegation(targets, { name: POLICY_ROLE, paths: [...paths].toSorted() }, members)
  const { keys = {}, roles = [] } = targets.delegations ?? {}
  const others = roles.filter(({ name }) => name !== POLICY_ROLE)
  return { ...targets, delegations: { keys: tableOf(keys, [], others), roles: others } }
}

/** What the policy may speak about: a path for each staged channel. */
export function policyPaths(targets: TargetsSigned | undefined): string[] {
  return targets?.delegations?.roles.find(({ name }) => name === POLICY_ROLE)?.paths ?? []
}

function withDelegation(
  targets: TargetsSigned,
  { name, paths }: Pick<Delegation, 'name' | 'paths'>,
  members: RoleMembers,
): TargetsSigned {
  const { keys, roles } = targets.delegations ?? { keys: {}, roles: [] }
  const delegation: Delegation = { name, ...roleKeysOf(members), terminating: true, paths }
  const exists = roles.some((role) => role.name === name)
  const next = exists ? roles.map((role) => (role.name === name ? delegation : role)) : [...roles, delegation]
  return { ...targets, delegations: { keys: tableOf(keys, members.keys, next), roles: next } }
}

/** Keys that root lists beside its roles: they sign no metadata but the credentials of members. */
export const ENROLMENT = 'enrolment'

/** Other keys for a role: a change to root for a top-level role, to targets for a delegated one. */
export function changeMembers(set: MetadataSet, role: string, members: RoleMembers): Change {
  if (role === ENROLMENT) {
    const { fleet } = set.root.signed['x-shoal']
    const enrolmentKeys = members.keys.map(rawKeyOf)
    return { root: { ...set.root.signed, 'x-shoal': encodeFleet({ fleet, enrolmentKeys }) } }
  }
  if (isTopRole(role)) return { root: withRoleKeys(set.root.signed, role, members) }
  const delegation = set.targets?.signed.delegations?.roles.find(({ name }) => name === role)
  if (set.targets === undefined || delegation === undefined) throw roleMissing(role)
  return { targets: withDelegation(set.targets.signed, delegation, members) }
}

/**
 * The keys of a channel; undefined when there is no such channel.
 * @throws SeederError CHANNEL_CONFLICT when its role has the name of another channel's: a-b@c and a@b-c
 */
export function channelMembers(
  set: MetadataSet,
  { product, channel }: { product: string; channel: string },
): RoleMembers | undefined {
  const name = releaseRole(product, channel)
  const delegation = set.targets?.signed.delegations?.roles.find((role) => role.name === name)
  if (delegation === undefined) return undefined
  const paths = releasePaths(product, channel)
  if (canonicalize(delegation.paths) === canonicalize(paths)) return membersOf(set, name)
  const message = `the role ${name} of ${product}@${channel} is that of ${delegation.paths.join(', ')} already`
  throw new SeederError('CHANNEL_CONFLICT', message)
}

/** @throws SeederError ROLE_MISSING */
export function membersOf(set: MetadataSet, role: string): RoleMembers {
  const { members } = set.root.signed['x-shoal']
  if (role === ENROLMENT && members !== 'open') return { keys: members.enrolment.map(parsePublicKey), threshold: 1 }
  const authority = set.authority(role)
  if (authority === undefined) throw roleMissing(role)
  return { keys: [...authority.keys.values()], threshold: authority.threshold }
}

function roleMissing(role: string): SeederError {
  return new SeederError('ROLE_MISSING', `there is no role '${role}'`)
}

/** Offers a release. Where a role is full, the releases with the lowest counters make room. */
export function withRelease(body: TargetsSigned, release: ReleaseTarget): TargetsSigned {
  const entry: TargetEntry = {
    length: release.rootBytes,
    hashes: { sha256: Buffer.from(blockDigest(release.release)).toString('hex') },
    custom: { counter: release.counter, cid: release.release },
  }
  const entries = Object.entries({ ...body.targets, [releaseTargetPath(release)]: entry })
  entries.sort(([, a], [, b]) => b.custom.counter - a.custom.counter)
  const kept = entries.slice(0, RELEASES_PER_ROLE_MAX)
  return { ...body, targets: Object.fromEntries(kept.sort(([, a], [, b]) => a.custom.counter - b.custom.counter)) }
}

export function emptyTargets(): TargetsSigned {
  return { _type: 'targets', spec_version: SPEC_VERSION, version: 0, expires: '', targets: {} }
}

function roleKeysOf({ keys, threshold }: RoleMembers): { keyids: string[]; threshold: number } {
  return { keyids: keys.map(keyIdOf), threshold }
}

/** Keys that some role still uses. */
function tableOf(before: KeyTable, added: readonly PublicKey[], roles: readonly { keyids: string[] }[]): KeyTable {
  const all = { ...before, ...Object.fromEntries(added.map((key) => [keyIdOf(key), key])) }
  const used = new Set(roles.flatMap(({ keyids }) => keyids))
  return Object.fromEntries(Object.entries(all).filter(([id]) => used.has(id)))
}
