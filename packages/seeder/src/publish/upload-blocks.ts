import { encodePackIndex, originPath, type Block, type Manifest } from '@shoal/release'
import { SeederError } from '../error.ts'
import { INDEX_BYTES_MAX, ORIGIN_CONCURRENCY } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import { mapInOrder } from './map-in-order.ts'
import type { Places } from './places.ts'

/** Stores the blocks of a manifest; returns the bytes that were new. */
export async function uploadBlocks(blocks: readonly Block[], origin: Origin, signal: AbortSignal): Promise<number> {
  let uploadedBytes = 0
  const store = async ({ id, bytes }: Block): Promise<number> => {
    signal.throwIfAborted()
    return (await origin.put(originPath.block(id), bytes)) === 'stored' ? bytes.length : 0
  }
  for await (const bytes of mapInOrder(ORIGIN_CONCURRENCY, store)(blocks)) uploadedBytes += bytes
  return uploadedBytes
}

/** Stores the pack index; one that points to packs that are gone is replaced. Returns the bytes written. */
export async function uploadIndex(manifest: Manifest, places: Places, origin: Origin): Promise<number> {
  const path = originPath.index(manifest.id)
  const bytes = encodePackIndex(manifest.id, places.toIndex())
  const there = await origin.get(path, INDEX_BYTES_MAX)
  if (there !== undefined && Buffer.compare(there.bytes, bytes) === 0) return 0
  if ((await origin.replace(path, bytes, there?.tag)) === 'stored') return bytes.length
  throw new SeederError('ORIGIN_BUSY', `another publisher is writing the index of the same release to ${origin.uri}`)
}
