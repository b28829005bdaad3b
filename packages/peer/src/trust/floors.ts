/**
 * What this device has seen, kept apart from the metadata: it holds when the metadata is lost or damaged. A floor counts for the
 * keys it was seen under; when the fleet replaces them, it is gone, which is how a fleet comes back from a stolen key.
 */
import { ReleaseError, sha256, type ReleaseTarget, type TrustedSet } from '@shoal/release'
import * as z from 'zod'

const floor = z.strictObject({ value: z.int().min(1), keys: z.string().max(64) })

export const floorsSchema = z.strictObject({
  v: z.literal(1),
  /** Role → the highest version. */
  roles: z.record(z.string().max(256), floor),
  /** product/channel/platform → the highest counter of a release. */
  counters: z.record(z.string().max(256), floor),
  /** When metadata was last found to be in date, by this device's clock, in ms: time never goes back beyond it. */
  timeMs: z.int().min(0),
})

export type Floors = z.infer<typeof floorsSchema>

export const NO_FLOORS: Floors = { v: 1, roles: {}, counters: {}, timeMs: 0 }

/** @throws ReleaseError METADATA_UNTRUSTED when a role is older than it was */
export function checkFloors(floors: Floors, set: TrustedSet): void {
  for (const [role, { value, keys }] of Object.entries(seenIn(set))) {
    const before = floors.roles[role]
    if (before === undefined || before.keys !== keys || value >= before.value) continue
    throw rollback(`version ${value} of ${role} is older than version ${before.value}, which this device has seen`)
  }
}

/** @throws ReleaseError METADATA_UNTRUSTED when the channel offers an older release than it did */
export function checkCounter(floors: Floors, release: ReleaseTarget, keys: string): void {
  const before = floors.counters[counterName(release)]
  if (before === undefined || before.keys !== keys || release.counter >= before.value) return
  const { product, channel, version, counter } = release
  throw rollback(
    `${product}@${channel} offers ${version} with counter ${counter}, older than counter ${before.value}, which this device has seen`,
  )
}

/** Floors that include what a set and a release show. */
export function raiseFloors(floors: Floors, set: TrustedSet, timeMs: number): Floors {
  const roles = { ...floors.roles }
  for (const [role, seen] of Object.entries(seenIn(set))) {
    const before = roles[role]
    if (before === undefined || before.keys !== seen.keys || seen.value > before.value) roles[role] = seen
  }
  return { ...floors, roles, timeMs: Math.max(floors.timeMs, timeMs) }
}

export function raiseCounter(floors: Floors, release: ReleaseTarget, keys: string): Floors {
  const name = counterName(release)
  const before = floors.counters[name]
  if (before !== undefined && before.keys === keys && before.value >= release.counter) return floors
  return { ...floors, counters: { ...floors.counters, [name]: { value: release.counter, keys } } }
}

function counterName({ product, channel, platform }: ReleaseTarget): string {
  return `${product}/${channel}/${platform}`
}

function seenIn(set: TrustedSet): Record<string, { value: number; keys: string }> {
  const seen: Record<string, { value: number; keys: string }> = {}
  const { timestamp, snapshot, targets } = set.root.signed.roles
  const add = (name: string, version: number | undefined, ...roles: (RoleKeys | undefined)[]): void => {
    if (version !== undefined) seen[name] = { value: version, keys: keysOf(...roles) }
  }
  add('timestamp', set.timestamp?.signed.version, timestamp)
  add('snapshot', set.snapshot?.signed.version, snapshot)
  // Whoever has the snapshot's key decides which versions of these count, so its replacement frees them too.
  const top = set.role('targets')?.signed
  add('targets', top?.version, targets, snapshot)
  for (const role of Object.values(top?.delegations?.roles ?? {})) {
    add(role.name, set.role(role.name)?.signed.version, role, snapshot)
  }
  return seen
}

/** The keys of the role that speaks for a release, as the top-level targets delegate to it. */
export function releaseKeys(set: TrustedSet, role: string): string {
  return keysOf(set.role('targets')?.signed.delegations?.roles?.[role])
}

interface RoleKeys {
  keyIDs: string[]
  threshold: number
}

function keysOf(...roles: (RoleKeys | undefined)[]): string {
  const text = roles.map((role) => `${role?.threshold ?? 0} ${role?.keyIDs.toSorted().join(' ') ?? ''}`).join('\n')
  return Buffer.from(sha256(Buffer.from(text)))
    .toString('hex')
    .slice(0, 32)
}

function rollback(message: string): ReleaseError {
  return new ReleaseError('METADATA_UNTRUSTED', 'metadata-rollback', `metadata: ${message}`)
}
