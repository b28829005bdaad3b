import type { PrivateKey } from '@libp2p/interface'
import { loadIdentity as load } from '@shoal/tracker/client'
import { asPeerError } from './failure.ts'

export { newIdentity } from '@shoal/tracker/client'

/** Reads this peer's ed25519 key, or makes one (mode 0600) when the file does not exist; IDENTITY_INVALID otherwise. */
export async function loadIdentity(file: string): Promise<PrivateKey> {
  try {
    return await load(file)
  } catch (error) {
    throw asPeerError(error)
  }
}
