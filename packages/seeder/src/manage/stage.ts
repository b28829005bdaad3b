import { parseTarget, policyPath, POLICY_ROLE } from '@shoal/release'
import { keyIdOf } from '../keys/public-key.ts'
import type { KeySource } from '../keys/source.ts'
import { commit, readCurrent, type Committed } from '../metadata/commit.ts'
import type { Change } from '../metadata/draft.ts'
import { policyPaths, withPolicy } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import type { Origin } from '../origin/origin.ts'
import { checkCount } from '../repository/init.ts'
import type { KnownKey } from '../repository/key-file.ts'
import { chooseProduct, type Repository } from '../repository/open.ts'
import { createNextKey, readGivenKey, type GivenKey } from './new-key.ts'

export interface StageOptions {
  /** product@channel */
  target: string
  /** Keys of trackers that may sign the policy as well; the first staged channel gets a new one when there are none. */
  keys: readonly GivenKey[]
  /** Its devices install the newest release at once again. */
  isOff?: boolean | undefined
}

export interface Staged extends Committed {
  channel: string
  isStaged: boolean
  /** Ids of all keys that may sign the policy. */
  keyIds: string[]
  /** Of a key that was made now: where it is. */
  made: KeySource | undefined
}

/**
 * Has the devices of a channel, which need not be there yet, install only what the policy offers, or no longer. One policy, and one set
 * of keys, speaks for all staged channels.
 */
export async function stageChannel(
  repository: Repository,
  origin: Origin | undefined,
  { target, keys, isOff = false }: StageOptions,
  now: Date,
): Promise<Staged> {
  const { product, channel } = parseTarget(target)
  chooseProduct(product, repository)
  const { set } = (await readCurrent(repository, origin)).merged
  const added: KnownKey[] = []
  for (const given of keys) added.push(await readGivenKey(given, repository))
  const isFirst = set.authority(POLICY_ROLE) === undefined
  const made = isFirst && !isOff && added.length === 0 ? await createNextKey(POLICY_ROLE, repository) : undefined
  if (made !== undefined) added.push(made)
  if (!isOff) checkCount(POLICY_ROLE, { keys: membersWith(set, added).length, threshold: 1 })
  await repository.addKeys(added)

  const path = policyPath({ product, channel })
  const committed = await commit(repository, origin, (current) => edit(current, path, added, isOff), now)
  const keyIds = [...(committed.set.authority(POLICY_ROLE)?.keys.keys() ?? [])]
  return { ...committed, channel: `${product}@${channel}`, isStaged: !isOff, keyIds, made: made?.source }
}

/** Says nothing where it was done already. */
function edit(set: MetadataSet, path: string, added: readonly KnownKey[], isOff: boolean): Change {
  const targets = set.targets?.signed
  if (targets === undefined) return {}
  const before = policyPaths(targets)
  const keys = membersWith(set, added)
  const isNew = keys.length > (set.authority(POLICY_ROLE)?.keys.size ?? 0)
  if (before.includes(path) !== isOff && !isNew) return {}
  const paths = isOff ? before.filter((each) => each !== path) : [...new Set([...before, path])]
  return { targets: withPolicy(targets, paths, { keys, threshold: 1 }) }
}

function membersWith(set: MetadataSet, added: readonly KnownKey[]) {
  const before = [...(set.authority(POLICY_ROLE)?.keys.values() ?? [])]
  return [...new Map([...before, ...added.map(({ key }) => key)].map((key) => [keyIdOf(key), key])).values()]
}
