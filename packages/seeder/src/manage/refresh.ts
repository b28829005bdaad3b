import { NEGLECT_DAYS } from '../limits.ts'
import { commit, readCurrent, type Committed } from '../metadata/commit.ts'
import type { Document } from '../metadata/document.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { lifeDaysOf } from '../metadata/settle.ts'
import { countReachable } from '../metadata/sign.ts'
import type { Origin } from '../origin/origin.ts'
import type { Repository } from '../repository/open.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export interface RefreshedRoles extends Committed {
  roles: RoleExpiry[]
}

export interface RoleExpiry {
  role: string
  version: number
  expires: string
  /** Whether it was signed anew now. */
  isNew: boolean
  /** It expires soon, and was not signed anew. */
  isNeglected: boolean
}

/**
 * Signs anew what would expire: the timestamp, and of snapshot and release roles those of whose life more than half is over and
 * whose keys are within reach.
 * @param always whether the timestamp is signed also when less than half of its life is over
 */
export async function refreshMetadataOf(
  repository: Repository,
  origin: Origin,
  { now, always }: { now: Date; always: boolean },
): Promise<RefreshedRoles> {
  const { set } = (await readCurrent(repository, origin)).merged
  const { keyring, settings } = repository
  const leftDays = ({ signed }: Document): number => (new Date(signed.expires).getTime() - now.getTime()) / DAY_MS
  const halfDays = (role: string): number => lifeDaysOf(role, settings.lifeDays) / 2
  const renew = new Set<string>(always ? ['timestamp'] : [])
  for (const [role, document] of documentsOf(set)) {
    if (role === 'root' || role === 'targets' || leftDays(document) >= halfDays(role)) continue
    const authority = set.authority(role)
    if (authority !== undefined && (await countReachable(authority, keyring)) >= authority.threshold) renew.add(role)
  }
  const committed = await commit(repository, origin, () => ({ renew }), now)
  const roles = [...documentsOf(committed.set)].map(([role, document]) => ({
    role,
    version: document.signed.version,
    expires: document.signed.expires,
    isNew: committed.signed.some((made) => made.role === role),
    isNeglected: leftDays(document) < Math.min(NEGLECT_DAYS, halfDays(role)),
  }))
  return { ...committed, roles }
}

/** Every role that has metadata, in the order in which they vouch for each other. */
export function documentsOf(set: MetadataSet): [string, Document][] {
  return ['root', 'targets', ...set.releases.keys(), 'snapshot', 'timestamp'].flatMap((role) => {
    const document = set.get(role)
    return document === undefined || set.authority(role) === undefined ? [] : [[role, document]]
  })
}
