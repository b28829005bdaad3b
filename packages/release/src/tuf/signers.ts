/** Who vouches for a role of verified metadata, for people to look at: the decision itself was made when it was taken in. */
import type { Key, Metadata, Root, Targets } from '@tufjs/models'
import type { TrustedSet } from './trusted-set.ts'

export interface RoleSigners {
  role: string
  version: number
  expires: Date
  /** So many of the keys must have signed. */
  threshold: number
  /** Those that may sign, sorted, and whether they did. */
  keys: readonly { id: string; signed: boolean }[]
}

/** @param name `root`, `targets`, or a role that is delegated; undefined when it was not loaded */
export function signersOf(set: TrustedSet, name: string): RoleSigners | undefined {
  const metadata = name === 'root' ? set.root : set.role(name)
  const authority = authorityOf(set, name)
  if (metadata === undefined || authority === undefined) return undefined
  const { role, keys } = authority
  return {
    role: name,
    version: metadata.signed.version,
    expires: new Date(metadata.signed.expires),
    threshold: role.threshold,
    keys: role.keyIDs.toSorted().map((id) => ({ id, signed: hasSigned(keys[id], metadata) })),
  }
}

interface Authority {
  role: { keyIDs: readonly string[]; threshold: number }
  keys: Record<string, Key>
}

function authorityOf(set: TrustedSet, name: string): Authority | undefined {
  const { keys, roles } = set.root.signed
  const top = name === 'root' || name === 'targets' ? roles[name] : undefined
  if (top !== undefined) return { role: top, keys }
  for (const delegator of set.files().roles.keys()) {
    const delegations = set.role(delegator)?.signed.delegations
    const role = delegations?.roles?.[name]
    if (delegations !== undefined && role !== undefined) return { role, keys: delegations.keys }
  }
  return undefined
}

function hasSigned(key: Key | undefined, metadata: Metadata<Root> | Metadata<Targets>): boolean {
  try {
    key?.verifySignature(metadata)
    return key !== undefined
  } catch {
    return false
  }
}
