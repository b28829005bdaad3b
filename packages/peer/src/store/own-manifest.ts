import { readManifest, type Manifest, type ReleaseId } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Store } from './store.ts'

/** The manifest of a release in the store. Undefined when a block of it is missing or damaged: what cannot be read is not offered. */
export async function readOwnManifest(store: Pick<Store, 'getBlock'>, id: ReleaseId): Promise<Manifest | undefined> {
  const missing = new PeerError('STORE_CORRUPT', `a block of release ${id} is missing`)
  try {
    return await readManifest(id, async (block) => {
      const bytes = await store.getBlock(block)
      if (bytes === undefined) throw missing
      return bytes
    })
  } catch (error) {
    if (error === missing) return undefined
    throw error
  }
}
