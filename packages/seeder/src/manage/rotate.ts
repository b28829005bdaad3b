import { SeederError } from '../error.ts'
import { keyIdOf } from '../keys/public-key.ts'
import { commit, readCurrent, type Committed } from '../metadata/commit.ts'
import type { Change } from '../metadata/draft.ts'
import { changeMembers, membersOf, type RoleMembers } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import type { Origin } from '../origin/origin.ts'
import type { KnownKey } from '../repository/key-file.ts'
import type { Repository } from '../repository/open.ts'
import { createNextKey, readGivenKey, type GivenKey } from './new-key.ts'

export interface RotateOptions {
  role: string
  /** The key to replace, by its id or the beginning of it; may be left out when the role has one key. */
  keyId?: string | undefined
  /** A new key file by default. */
  newKey?: GivenKey | undefined
}

export interface KeyChange extends Committed {
  /** Key ids. */
  removed: string
  added: string | undefined
}

/** Replaces a key of a role. What the role signed is signed anew when it goes to an origin. */
export async function rotateKey(
  repository: Repository,
  origin: Origin | undefined,
  { role, keyId, newKey }: RotateOptions,
  now: Date,
): Promise<KeyChange> {
  const { set } = (await readCurrent(repository, origin)).merged
  const removed = findKeyId(membersOf(set, role), role, keyId)
  const added = newKey === undefined ? await createNextKey(role, repository) : await readGivenKey(newKey, repository)
  await repository.addKeys([added])
  const committed = await commit(repository, origin, (current) => replaceKey(current, role, removed, added), now)
  return { ...committed, removed, added: added.keyId }
}

/**
 * Takes a key from a role without another in its place.
 * @throws SeederError THRESHOLD_INVALID when too few keys would be left
 */
export async function revokeKey(
  repository: Repository,
  origin: Origin | undefined,
  { role, keyId }: { role: string; keyId: string },
  now: Date,
): Promise<KeyChange> {
  const { set } = (await readCurrent(repository, origin)).merged
  const { keys, threshold } = membersOf(set, role)
  const removed = findKeyId({ keys, threshold }, role, keyId)
  if (keys.length - 1 < threshold) {
    const left = `${role} needs ${threshold} of its ${keys.length} keys, and would have ${keys.length - 1}`
    throw new SeederError('THRESHOLD_INVALID', left)
  }
  const committed = await commit(repository, origin, (current) => replaceKey(current, role, removed, undefined), now)
  return { ...committed, removed, added: undefined }
}

/** Says nothing where it was done already: a commit may ask twice. */
function replaceKey(set: MetadataSet, role: string, removed: string, added: KnownKey | undefined): Change {
  const { keys, threshold } = membersOf(set, role)
  if (!keys.some((key) => keyIdOf(key) === removed)) return {}
  const others = keys.filter((key) => keyIdOf(key) !== removed && keyIdOf(key) !== added?.keyId)
  return changeMembers(set, role, { keys: added === undefined ? others : [...others, added.key], threshold })
}

function findKeyId({ keys }: RoleMembers, role: string, wanted: string | undefined): string {
  const ids = keys.map(keyIdOf)
  const found = wanted === undefined ? ids : ids.filter((id) => id.startsWith(wanted))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const list = ids.map((id) => id.slice(0, 12)).join(', ')
  const message =
    wanted === undefined
      ? `${role} has ${ids.length} keys (${list}): which one?`
      : `'${wanted}' is not one key of ${role} (${list})`
  throw new SeederError('KEY_UNKNOWN', message)
}
