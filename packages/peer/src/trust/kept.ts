/** Verified metadata that is kept: what of it is served, what outlives a refresh, and what there is to show of it. */
import {
  checkMetadata,
  METADATA_BYTES_MAX,
  metadataFile,
  trustRoots,
  type Kind,
  type MetadataFiles,
  type Refreshed,
  type TrustedSet,
} from '@shoal/release'
import { LIMITS } from '../limits.ts'

export interface Summary {
  versions: Record<string, number>
  /** What will be out of date first. */
  expires: { role: string; at: string } | undefined
}

export function summarise(set: TrustedSet, roles: MetadataFiles['roles']): Summary {
  const { version, expires } = set.root.signed
  const all = [{ role: 'root', version, expires: new Date(expires) }]
  for (const [role, bytes] of roles) {
    const claims = claimsOf(kindOf(role), bytes)
    if (claims !== undefined) all.push({ role, ...claims })
  }
  const [soonest] = all.toSorted((a, b) => a.expires.getTime() - b.expires.getTime())
  return {
    versions: Object.fromEntries(all.map((each) => [each.role, each.version])),
    expires: soonest === undefined ? undefined : { role: soonest.role, at: soonest.expires.toISOString() },
  }
}

/** Roles of other channels that were kept and that the new snapshot still stands for. */
export function* othersOf({ set, stored }: Refreshed): Generator<[string, Uint8Array]> {
  const { meta = {} } = set.snapshot?.signed ?? {}
  let count = 0
  for (const [role, bytes] of stored.roles) {
    const wanted = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`]?.version : undefined
    if (role === 'targets' || wanted === undefined || count >= LIMITS.trust.rolesKeptMax) continue
    if (claimsOf('targets', bytes)?.version !== wanted) continue
    count += 1
    yield [role, bytes]
  }
}

/** As others ask for them. */
export function filesByName({ roots, roles }: MetadataFiles): Map<string, Uint8Array> {
  const named = new Map<string, Uint8Array>()
  const add = (role: string, bytes: Uint8Array): void => {
    const claims = claimsOf(kindOf(role), bytes)
    if (claims !== undefined) named.set(metadataFile(role, role === 'timestamp' ? undefined : claims.version), bytes)
  }
  for (const bytes of roots) add('root', bytes)
  for (const [role, bytes] of roles) add(role, bytes)
  return named
}

/** Whether the trusted roots vouch for the next root or for the timestamp. */
export function isSigned(
  roots: readonly Uint8Array[],
  { root, timestamp }: { root: Uint8Array | undefined; timestamp: Uint8Array | undefined },
  now: Date,
): boolean {
  const set = trustRoots(roots, now)
  const takes = (work: () => void): boolean => {
    try {
      work()
      return true
    } catch {
      return false
    }
  }
  const isRootSigned = root !== undefined && takes(() => set.updateRoot(root))
  return isRootSigned || (timestamp !== undefined && takes(() => set.updateTimestamp(timestamp)))
}

/** Undefined for what cannot be read: what is kept may have been damaged, or changed by another hand. */
export function claimsOf(kind: Kind, bytes: Uint8Array): ReturnType<typeof checkMetadata> | undefined {
  try {
    return checkMetadata(kind, bytes, METADATA_BYTES_MAX[kind])
  } catch {
    return undefined
  }
}

function kindOf(role: string): Kind {
  return role === 'root' || role === 'timestamp' || role === 'snapshot' ? role : 'targets'
}
