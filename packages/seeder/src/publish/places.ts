import type { Manifest, PackIndex } from '@shoal/release'

/** Where the chunks of a release lie at the origin, as far as is known. */
export interface Places {
  has(chunk: number): boolean
  set(chunk: number, pack: { sha256: string; length: number }, offset: number, length: number): void
  /** Chunks that have no place yet. */
  readonly missing: number
  readonly missingBytes: number
  /** Once none is missing. */
  toIndex(): PackIndex
}

export function createPlaces(chunks: Pick<Manifest['chunks'], 'count' | 'bytes' | 'sizes'>): Places {
  const packs: PackIndex['packs'] = []
  const packNumbers = new Map<string, number>()
  const isKnown = new Uint8Array(chunks.count)
  const index = {
    pack: new Uint32Array(chunks.count),
    offset: new Uint32Array(chunks.count),
    length: new Uint32Array(chunks.count),
  }
  let missing = chunks.count
  let missingBytes = chunks.bytes

  return {
    has: (chunk) => isKnown[chunk] === 1,
    get missing() {
      return missing
    },
    get missingBytes() {
      return missingBytes
    },
    set(chunk, pack, offset, length) {
      if (isKnown[chunk] === 1) return
      let number = packNumbers.get(pack.sha256)
      if (number === undefined) {
        number = packs.push(pack) - 1
        packNumbers.set(pack.sha256, number)
      }
      isKnown[chunk] = 1
      missing -= 1
      missingBytes -= chunks.sizes[chunk] ?? 0
      index.pack[chunk] = number
      index.offset[chunk] = offset
      index.length[chunk] = length
    },
    toIndex() {
      if (missing > 0) throw new Error(`${missing} chunks have no place`)
      return { packs, ...index }
    },
  }
}
