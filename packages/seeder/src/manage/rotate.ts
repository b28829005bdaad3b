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

export interface RevokeOptions {
  role: string
  /** By its id or the beginning of it; may be left out when the role has one key. */
  keyId?: string | undefined
  /** Somebody else has the key: of what the role signed, only what this repository published itself is signed anew. */
  isCompromised?: boolean | undefined
}

export interface RotateOptions extends RevokeOptions {
  /** A new key file by default. */
  newKey?: GivenKey | undefined
}

export interface KeyChange extends Committed {
  /** Key ids. */
  removed: string
  added: string | undefined
  /** Targets that the origin offered and that are not signed anew. */
  dropped: string[]
}

/** Replaces a key of a role. What the role signed is signed anew when it goes to an origin. */
export async function rotateKey(
  repository: Repository,
  origin: Origin | undefined,
  { newKey, ...options }: RotateOptions,
  now: Date,
): Promise<KeyChange> {
  const { set } = (await readCurrent(repository, origin)).merged
  const removed = findKeyId(membersOf(set, options.role), options)
  const added =
    newKey === undefined ? await createNextKey(options.role, repository) : await readGivenKey(newKey, repository)
  await repository.addKeys([added])
  return change(repository, origin, options, { set, removed, added }, now)
}

/**
 * Takes a key from a role without another in its place.
 * @throws SeederError THRESHOLD_INVALID when too few keys would be left
 */
export async function revokeKey(
  repository: Repository,
  origin: Origin | undefined,
  options: RevokeOptions,
  now: Date,
): Promise<KeyChange> {
  const { set } = (await readCurrent(repository, origin)).merged
  const members = membersOf(set, options.role)
  const removed = findKeyId(members, options)
  const left = members.keys.length - 1
  if (left < members.threshold) {
    const message = `${options.role} needs ${members.threshold} of its ${members.keys.length} keys, and would have ${left}`
    throw new SeederError('THRESHOLD_INVALID', message)
  }
  return change(repository, origin, options, { set, removed, added: undefined }, now)
}

async function change(
  repository: Repository,
  origin: Origin | undefined,
  { role, isCompromised = false }: RevokeOptions,
  { set: before, removed, added }: { set: MetadataSet; removed: string; added: KnownKey | undefined },
  now: Date,
): Promise<KeyChange> {
  const edit = (set: MetadataSet): Change => replaceKey(set, role, removed, added)
  const committed = await commit(repository, origin, edit, now, isCompromised ? role : undefined)
  const kept = committed.set.releases.get(role)?.signed.targets ?? {}
  const dropped = Object.keys(before.releases.get(role)?.signed.targets ?? {}).filter((path) => !(path in kept))
  return { ...committed, removed, added: added?.keyId, dropped }
}

/** Says nothing where it was done already: a commit may ask twice. */
function replaceKey(set: MetadataSet, role: string, removed: string, added: KnownKey | undefined): Change {
  const { keys, threshold } = membersOf(set, role)
  if (!keys.some((key) => keyIdOf(key) === removed)) return {}
  const others = keys.filter((key) => keyIdOf(key) !== removed && keyIdOf(key) !== added?.keyId)
  return changeMembers(set, role, { keys: added === undefined ? others : [...others, added.key], threshold })
}

function findKeyId({ keys }: RoleMembers, { role, keyId: wanted }: RevokeOptions): string {
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
