/** Gets a release's manifest, block by block: from this disk, from neighbours that take part, from the origin. */
import { blockIdOf, readManifest, type BlockId, type Manifest, type ReleaseId } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import { pause } from '../pause.ts'
import type { Store } from '../store/index.ts'
import type { Participants } from './participants.ts'

export interface ManifestSources {
  store: Store
  participants: Participants
  neighbours: Pick<Neighbours, 'ban' | 'onLinked'>
  origin: OriginClient | undefined
  /** Until then neighbours that may yet appear are waited for. */
  signal: AbortSignal
}

const BLOCKS_AT_ONCE = 8
const PEERS_PER_BLOCK_MAX = 3
const LOOK_AGAIN_MS = 250

/** @throws PeerError TIMEOUT when no source had a block before the signal */
export async function fetchManifest(id: ReleaseId, sources: ManifestSources): Promise<Manifest> {
  const { store } = sources
  return readManifest(
    id,
    async (block, maxBytes) => {
      const kept = await store.getBlock(block)
      if (kept !== undefined) return kept
      const bytes = await fetchBlock(block, maxBytes, sources)
      await store.putBlock(block, bytes)
      return bytes
    },
    { concurrency: BLOCKS_AT_ONCE },
  )
}

async function fetchBlock(id: BlockId, maxBytes: number, sources: ManifestSources): Promise<Uint8Array> {
  const { participants, origin, signal } = sources
  const asked = new Set<Neighbour>()
  for (;;) {
    for (const neighbour of participants
      .list()
      .filter((each) => !asked.has(each))
      .slice(0, PEERS_PER_BLOCK_MAX)) {
      asked.add(neighbour)
      const bytes = await neighbour.requester?.fetchBlock(id, maxBytes, signal)
      if (bytes === undefined) continue
      if (blockIdOf(bytes) === id) return bytes
      sources.neighbours.ban(neighbour.key, 'a manifest block that does not verify')
    }
    const bytes = await origin?.fetchBlock(id, maxBytes, { signal })
    if (bytes !== undefined) return bytes
    if (signal.aborted) throw new PeerError('TIMEOUT', `nobody within reach has manifest block ${id}`)
    await pause(LOOK_AGAIN_MS, signal)
  }
}
