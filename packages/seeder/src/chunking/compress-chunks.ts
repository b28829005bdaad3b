import { closeSync } from 'node:fs'
import { constants, zstdCompressSync } from 'node:zlib'
import { frameBytesMax, sha256 } from '@shoal/release'
import { SeederError } from '../error.ts'
import { openSource, readFully } from './chunk-file.ts'
import type { CompressTask, Frames } from './task.ts'

/** Reads chunks again, holds them to their digests, and compresses each to a frame of its own. `buffer` is scratch space. */
export function compressChunks(task: CompressTask, buffer: Uint8Array): Frames {
  const lengths = new Uint32Array(task.runs.reduce((count, run) => count + run.sizes.length, 0))
  let chunk = 0
  let filled = 0
  let open: { path: string; fd: number } | undefined
  try {
    for (const run of task.runs) {
      if (open?.path !== run.path) {
        if (open !== undefined) closeSync(open.fd)
        open = { path: run.path, fd: openSource(task.root, run.path) }
      }
      let at = 0
      const bytes = buffer.subarray(
        0,
        run.sizes.reduce((sum, size) => sum + size, 0),
      )
      const read = readFully(open.fd, bytes, run.offset, run.path)
      run.sizes.forEach((size, index) => {
        const raw = bytes.subarray(at, at + size)
        at += size
        if (at > read || Buffer.compare(sha256(raw), run.digests.subarray(index * 32, index * 32 + 32)) !== 0) {
          throw new SeederError('SOURCE_CHANGED', `${run.path} changed while publishing`)
        }
        const frame = compress(raw, task.level)
        task.out.set(frame, filled)
        lengths[chunk++] = frame.length
        filled += frame.length
      })
    }
  } finally {
    if (open !== undefined) closeSync(open.fd)
  }
  return { lengths, out: task.out }
}

function compress(raw: Uint8Array, level: number): Uint8Array {
  return zstdCompressSync(raw, {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    // The size goes into the frame's header, and one output buffer is enough.
    pledgedSrcSize: raw.length,
    chunkSize: Math.max(64, frameBytesMax(raw.length)),
  })
}
