/** One install root of a running peer: its store, and what it has on offer from the start. */
import { channelTopic, readManifest, releaseTopic, type ReleaseId, type Target } from '@shoal/release'
import { PeerError } from './error.ts'
import type { Peer } from './peer.ts'
import { openStore, type Store } from './store/index.ts'
import { recover } from './install/index.ts'

/** Opens the store, mends what a killed peer left, and offers the release that is current. */
export async function openInstallRoot(peer: Peer, out: string, target: Target): Promise<Store> {
  const store = await openStore(out)
  try {
    await recover(store)
    peer.offer.addShelf(store)
    const current = await store.current()
    if (current !== undefined) await offerInstalled(peer, store, target, current)
    return store
  } catch (error) {
    peer.offer.removeShelf(store)
    await store[Symbol.asyncDispose]()
    throw error
  }
}

async function offerInstalled(peer: Peer, store: Store, target: Target, id: ReleaseId): Promise<void> {
  try {
    const manifest = await readManifest(id, async (block) => {
      const bytes = await store.getBlock(block)
      if (bytes === undefined) throw new PeerError('STORE_CORRUPT', `block ${block} of release ${id} is missing`)
      return bytes
    })
    const holding = await store.open(manifest)
    if (holding === undefined) return
    peer.offer.add(holding)
    peer.discovery.follow(channelTopic(peer.root.fleet, target), { complete: true })
    peer.discovery.follow(releaseTopic(id), { complete: true })
  } catch (error) {
    // What cannot be read is not offered; the next update fetches the blocks again.
    if (!(error instanceof PeerError) || error.code !== 'STORE_CORRUPT') throw error
  }
}
