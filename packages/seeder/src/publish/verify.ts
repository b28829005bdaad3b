import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { originPath, sha256, type Manifest, type PackIndex } from '@shoal/release'
import { SeederError } from '../error.ts'
import { ORIGIN_CONCURRENCY, VERIFY_CHUNKS } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import { mapInOrder } from './map-in-order.ts'

const decompress = promisify(zstdDecompress)

/** Fetches random chunks back as a peer would, before anyone is told of the release. */
export async function verifyUpload(
  manifest: Manifest,
  index: PackIndex,
  origin: Origin,
  random: () => number,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const sample = sampleChunks(manifest.chunks.count, VERIFY_CHUNKS, random)
  let done = 0
  const check = async (chunk: number): Promise<number> => {
    const pack = index.packs[index.pack[chunk] ?? 0]
    const path = originPath.pack(pack?.sha256 ?? '')
    const frame = await origin.getRange(path, index.offset[chunk] ?? 0, index.length[chunk] ?? 0)
    const size = manifest.chunks.sizes[chunk] ?? 0
    const raw = frame === undefined ? undefined : await decompressOrUndefined(frame, size)
    if (raw === undefined || Buffer.compare(sha256(raw), manifest.chunks.digest(chunk)) !== 0) {
      throw new SeederError('ORIGIN_CORRUPT', `chunk ${chunk} came back wrong from ${path} at ${origin.uri}`)
    }
    return ++done
  }
  for await (const count of mapInOrder(ORIGIN_CONCURRENCY, check)(sample)) onProgress(count, sample.length)
}

/** Different numbers below `count`, `size` of them or all. */
export function sampleChunks(count: number, size: number, random: () => number): number[] {
  if (count <= size) return Array.from({ length: count }, (_, chunk) => chunk)
  const chosen = new Set<number>()
  while (chosen.size < size) chosen.add(Math.floor(random() * count))
  return [...chosen]
}

async function decompressOrUndefined(frame: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  try {
    return await decompress(frame, { maxOutputLength: Math.max(1, size) })
  } catch {
    // Whatever the decoder found wrong, the chunk did not come back.
    return undefined
  }
}
