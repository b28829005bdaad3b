import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress, zstdDecompressSync, type ZstdOptions } from 'node:zlib'
import { readStoredFrame } from './stored-frame.ts'

const decompress = promisify(zstdDecompress)

/** Up to here the hand-over to a thread and back costs more than it takes over: half the rate for twice the CPU time, measured. */
const INLINE_BYTES_MAX = 256 << 10

/** Decompresses a frame and verifies the chunk in it, which may be a part of the frame; undefined when it is not that chunk. */
export async function decodeFrame(
  frame: Uint8Array,
  size: number,
  digest: Uint8Array,
): Promise<Uint8Array | undefined> {
  // One byte of room more than needed lets zlib see the end in its first pass: twice as fast.
  const options = { maxOutputLength: size, chunkSize: Math.max(64, size + 1) }
  let bytes: Uint8Array
  try {
    bytes =
      readStoredFrame(frame, size) ??
      (size <= INLINE_BYTES_MAX ? decompressNow(frame, options) : await decompress(frame, options))
  } catch {
    // Malformed, cut short, or more output than was signed: in every case these are not the chunk's bytes.
    return undefined
  }
  return bytes.length === size && hash('sha256', bytes, 'buffer').equals(digest) ? bytes : undefined
}

/**
 * Node's decompressor outlives the call until the next full garbage collection, and would hold on to the output until then, which
 * makes that collection come every few spans: it is made to let go. Without the field it is as slow as before.
 */
function decompressNow(frame: Uint8Array, options: ZstdOptions): Uint8Array {
  const { buffer, engine } = zstdDecompressSync(frame, { ...options, info: true }) as unknown as {
    buffer: Uint8Array
    engine: { _outBuffer?: unknown }
  }
  engine._outBuffer = undefined
  return buffer
}
