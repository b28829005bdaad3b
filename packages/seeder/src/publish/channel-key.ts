import { releaseRole, type ExactTarget } from '@shoal/release'
import { SeederError } from '../error.ts'
import { channelMembers } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { countReachable } from '../metadata/sign.ts'
import { createKeyFile, type KnownKey } from '../repository/key-file.ts'
import type { Repository } from '../repository/open.ts'

/**
 * Makes sure that the channel exists, or that the first publish may make it.
 * @throws SeederError CHANNEL_MISSING when the keys of targets, which would have to say so, are not within reach
 */
export async function checkChannel(
  set: MetadataSet,
  { keyring }: Pick<Repository, 'keyring'>,
  { product, channel }: ExactTarget,
): Promise<void> {
  if (channelMembers(set, { product, channel }) !== undefined) return
  const targets = set.authority('targets')
  const here = await countReachable(targets, keyring)
  if (targets !== undefined && here >= targets.threshold) return
  throw new SeederError(
    'CHANNEL_MISSING',
    `${product} has no channel ${channel}, and ${here} of the ${targets?.threshold ?? 1} keys of targets that can add it are within reach`,
  )
}

/** The key that signs the releases of a new channel; undefined when the channel exists. */
export async function createChannelKey(
  set: MetadataSet,
  repository: Repository,
  { product, channel }: ExactTarget,
): Promise<KnownKey | undefined> {
  const role = releaseRole(product, channel)
  if (set.authority(role) !== undefined) return undefined
  const key = await createKeyFile(repository.folder, role, repository.passphrase)
  await repository.addKeys([key])
  return key
}
