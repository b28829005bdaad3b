import type { Places } from './places.ts'

export interface ChunkBytes {
  readonly chunk: number
  readonly bytes: Uint8Array
}

export interface FileWrites {
  readonly file: number
  readonly pieces: { offset: number; bytes: Uint8Array }[]
}

/**
 * Where chunks must be written: at each of their places (that `wanted` does not rule out), file by file, in order. Chunks that follow
 * each other both in the file and in memory become one write.
 */
export function planWrites(
  places: Places,
  chunks: readonly ChunkBytes[],
  wanted: (place: number) => boolean = () => true,
): FileWrites[] {
  const targets: { place: number; bytes: Uint8Array }[] = []
  for (const { chunk, bytes } of chunks) {
    for (const place of places.ofChunk(chunk)) if (wanted(place)) targets.push({ place, bytes })
  }
  targets.sort((a, b) => a.place - b.place)

  const plan: FileWrites[] = []
  for (const { place, bytes } of targets) {
    const file = places.file[place] ?? 0
    const offset = places.offset[place] ?? 0
    const writes = plan.at(-1)
    const last = writes?.pieces.at(-1)
    if (writes === undefined || writes.file !== file) {
      plan.push({ file, pieces: [{ offset, bytes }] })
    } else if (last !== undefined && last.offset + last.bytes.length === offset && follows(last.bytes, bytes)) {
      last.bytes = new Uint8Array(bytes.buffer, last.bytes.byteOffset, last.bytes.length + bytes.length)
    } else {
      writes.pieces.push({ offset, bytes })
    }
  }
  return plan
}

function follows(before: Uint8Array, after: Uint8Array): boolean {
  return before.buffer === after.buffer && before.byteOffset + before.length === after.byteOffset
}
