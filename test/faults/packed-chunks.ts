import { createHash, hash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { originPath } from '@shoal/release'
import type { ChunkTable, PackIndex } from '@shoal/release'

export interface PackedChunks {
  manifest: { chunks: Pick<ChunkTable, 'count' | 'sizes' | 'digest'> }
  index: PackIndex
  /** The packs, by their path at the origin. */
  objects: Map<string, Uint8Array>
  contents: Uint8Array[]
}

/** Chunks of text that compresses to about half, in packs of so many chunks. Same arguments, same bytes. */
export function packChunks(sizes: readonly number[], chunksPerPack = Infinity): PackedChunks {
  const contents = sizes.map((size, chunk) => hexText(size, `chunk ${chunk}`))
  const index: PackIndex = {
    packs: [],
    pack: new Uint32Array(sizes.length),
    offset: new Uint32Array(sizes.length),
    length: new Uint32Array(sizes.length),
  }
  const objects = new Map<string, Uint8Array>()
  for (let first = 0; first < sizes.length; first += chunksPerPack) {
    const frames = contents.slice(first, first + chunksPerPack).map((bytes) => zstdCompressSync(bytes))
    const bytes = Buffer.concat(frames)
    let offset = 0
    for (const [i, frame] of frames.entries()) {
      index.pack[first + i] = index.packs.length
      index.offset[first + i] = offset
      index.length[first + i] = frame.length
      offset += frame.length
    }
    const sha256 = hash('sha256', bytes, 'hex')
    index.packs.push({ sha256, length: bytes.length })
    objects.set(originPath.pack(sha256), bytes)
  }
  return { manifest: { chunks: chunkTable(contents) }, index, objects, contents }
}

function chunkTable(contents: readonly Uint8Array[]): PackedChunks['manifest']['chunks'] {
  const digests = Buffer.concat(contents.map((bytes) => hash('sha256', bytes, 'buffer')))
  return {
    count: contents.length,
    sizes: Uint32Array.from(contents, ({ length }) => length),
    digest: (chunk) => digests.subarray(chunk * 32, chunk * 32 + 32),
  }
}

function hexText(size: number, seed: string): Uint8Array {
  const text = createHash('shake256', { outputLength: Math.ceil(size / 2) })
    .update(seed)
    .digest('hex')
  return Buffer.from(text.slice(0, size))
}
