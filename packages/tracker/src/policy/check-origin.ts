/** A policy that no device takes should be found out before the first rollout, where the tracker can see what the fleet's targets say. */
import { ReleaseError, stagedChannels, type EnrolmentSigner } from '@shoal/release'
import { readMetadata } from '../origin/folder.ts'
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
  const set = await readMetadata(originDir, root, now).then(
    (refreshed) => refreshed.set,
    (error: unknown) => {
      if (error instanceof ReleaseError) return undefined
      throw error
    },
  )
  if (set !== undefined && stagedChannels(set).length > 0) checkPolicyKey(set, key)
}
