import { parseName, releaseRole } from '@shoal/release'
import { keyIdOf } from '../keys/public-key.ts'
import { commit, readCurrent, type Committed } from '../metadata/commit.ts'
import { channelMembers, withChannel, type RoleMembers } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import type { Origin } from '../origin/origin.ts'
import { checkCount } from '../repository/init.ts'
import type { KnownKey } from '../repository/key-file.ts'
import { chooseProduct, type Repository } from '../repository/open.ts'
import { createNextKey, readGivenKey, type GivenKey } from './new-key.ts'

export interface ChannelOptions {
  product?: string | undefined
  channel: string
  /** As it is, or 1 for a new channel. */
  threshold?: number | undefined
  /** Keys that may sign as well. */
  keys: readonly GivenKey[]
}

export interface ChannelChange extends Committed {
  role: string
  threshold: number
  /** Ids of all its keys. */
  keyIds: string[]
  isNew: boolean
}

/** Adds a channel, or changes who signs its releases. A new channel gets new keys where too few are given. */
export async function setChannel(
  repository: Repository,
  origin: Origin | undefined,
  options: ChannelOptions,
  now: Date,
): Promise<ChannelChange> {
  const target = { product: chooseProduct(options.product, repository), channel: parseName(options.channel, 'channel') }
  const role = releaseRole(target.product, target.channel)
  const { set } = (await readCurrent(repository, origin)).merged
  const before = channelMembers(set, target)
  const threshold = options.threshold ?? before?.threshold ?? 1

  const added: KnownKey[] = []
  for (const given of options.keys) added.push(await readGivenKey(given, repository))
  while (before === undefined && added.length < threshold) added.push(await createNextKey(role, repository))
  const members = withKeys(before, added, threshold)
  checkCount(role, { keys: members.keys.length, threshold })
  await repository.addKeys(added)

  const edit = (current: MetadataSet) => {
    const { targets } = current
    const now = channelMembers(current, target)
    return targets === undefined
      ? {}
      : { targets: withChannel(targets.signed, target, withKeys(now, added, threshold)) }
  }
  const committed = await commit(repository, origin, edit, now)
  const keyIds = members.keys.map(keyIdOf)
  return { ...committed, role, threshold, keyIds, isNew: before === undefined }
}

function withKeys(before: RoleMembers | undefined, added: readonly KnownKey[], threshold: number): RoleMembers {
  const keys = new Map([...(before?.keys ?? []), ...added.map(({ key }) => key)].map((key) => [keyIdOf(key), key]))
  return { keys: [...keys.values()], threshold }
}
