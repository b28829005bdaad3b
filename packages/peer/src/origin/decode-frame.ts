import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

const decompress = promisify(zstdDecompress)

/** Decompresses a frame and verifies the chunk in it; undefined when it is not that chunk. */
export async function decodeFrame(
  frame: Uint8Array,
  size: number,
  digest: Uint8Array,
): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array
  try {
    // One byte of room more than needed lets zlib see the end in its first pass: twice as fast.
    bytes = await decompress(frame, { maxOutputLength: size, chunkSize: Math.max(64, size + 1) })
  } catch {
    // Malformed, cut short, or more output than was signed: in every case these are not the chunk's bytes.
    return undefined
  }
  return bytes.length === size && hash('sha256', bytes, 'buffer').equals(digest) ? bytes : undefined
}
