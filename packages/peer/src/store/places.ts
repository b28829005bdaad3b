import type { Entry, Manifest } from '@shoal/release'

export type FileEntry = Extract<Entry, { kind: 'file' }>

/**
 * Where chunks lie in the tree. A place is one occurrence of a chunk; places are numbered through the files in manifest order and
 * by offset inside a file, so the places of a file are a range. Flat arrays: 24 bytes a place.
 */
export interface Places {
  readonly files: readonly FileEntry[]
  readonly count: number
  /** files + 1 entries: the places of file f are firstOfFile[f] … firstOfFile[f + 1] - 1. */
  readonly firstOfFile: Uint32Array
  readonly file: Uint32Array
  readonly offset: Float64Array
  readonly chunk: Uint32Array
  /** Every place of a chunk, in order. */
  ofChunk(chunk: number): Uint32Array
}

export function placesOf({ entries, chunks }: Pick<Manifest, 'entries' | 'chunks'>): Places {
  const files = entries.filter((entry) => entry.kind === 'file')
  const count = files.reduce((sum, entry) => sum + entry.chunks.length, 0)
  const firstOfFile = new Uint32Array(files.length + 1)
  const [file, chunk, byChunk] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)]
  const offset = new Float64Array(count)
  const firstOfChunk = new Uint32Array(chunks.count + 1)

  let place = 0
  files.forEach((entry, index) => {
    let position = 0
    for (const id of entry.chunks) {
      file[place] = index
      offset[place] = position
      chunk[place] = id
      firstOfChunk[id + 1] = (firstOfChunk[id + 1] ?? 0) + 1
      position += chunks.sizes[id] ?? 0
      place += 1
    }
    firstOfFile[index + 1] = place
  })

  // Counting sort of the places by chunk.
  for (let id = 0; id < chunks.count; id++) firstOfChunk[id + 1] = (firstOfChunk[id + 1] ?? 0) + (firstOfChunk[id] ?? 0)
  const next = firstOfChunk.slice(0, chunks.count)
  for (let at = 0; at < count; at++) {
    const id = chunk[at] ?? 0
    const slot = next[id] ?? 0
    byChunk[slot] = at
    next[id] = slot + 1
  }
  return {
    files,
    count,
    firstOfFile,
    file,
    offset,
    chunk,
    ofChunk: (id) => byChunk.subarray(firstOfChunk[id] ?? 0, firstOfChunk[id + 1] ?? 0),
  }
}
