/** A policy that no device takes should be found out before the first rollout, where the tracker can see what the fleet's targets say. */
import {
  refreshMetadata,
  ReleaseError,
  stagedChannels,
  type EnrolmentSigner,
  type MetadataSources,
} from '@shoal/release'
import { join } from 'node:path'
import { readBounded } from './origin-file.ts'
import { checkPolicyKey } from './sign.ts'

/**
 * Where nothing is published that verifies, or no channel is staged, there is nothing to hold the key against.
 * @param root what the fleet trusts; rotations are followed in the folder
 * @throws TrackerError KEY_INVALID
 */
export async function checkKeyAtOrigin(
  { key, originDir }: { key: EnrolmentSigner; originDir?: string },
  root: Uint8Array,
  now: Date,
): Promise<void> {
  if (originDir === undefined) return
  const set = await refreshMetadata({ roots: [root], roles: new Map() }, sourcesIn(join(originDir, 'tuf')), {
    now,
  }).then(
    (refreshed) => refreshed.set,
    (error: unknown) => {
      if (error instanceof ReleaseError) return undefined
      throw error
    },
  )
  if (set !== undefined && stagedChannels(set).length > 0) checkPolicyKey(set, key)
}

function sourcesIn(folder: string): MetadataSources {
  return {
    async gather(file, bytesMax) {
      const bytes = await readBounded(join(folder, file), bytesMax)
      return bytes === undefined ? [] : [bytes]
    },
    async fetch(file, bytesMax, accept) {
      const bytes = await readBounded(join(folder, file), bytesMax)
      if (bytes === undefined) throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-missing', `${file} is not there`)
      accept(bytes)
    },
  }
}
