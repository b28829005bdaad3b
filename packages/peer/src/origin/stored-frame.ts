/**
 * Reads zstd frames that hold their content as it is (RFC 8878), which is what becomes of content that no compression makes smaller:
 * they need no more than a look, and a decompressor for each would be most of the work, and of the garbage.
 */

const MAGIC = 0xfd2fb528
const RAW = 0
const REPEATED = 1
const BLOCK_HEADER_BYTES = 3
const CHECKSUM_BYTES = 4

/**
 * @param size of the content
 * @returns the content, which may be a part of `frame`; undefined when some of it is compressed, or when this is no such frame: then a decompressor decides.
 *   A checksum is not looked at, because whoever asks has a digest.
 */
export function readStoredFrame(frame: Uint8Array, size: number): Uint8Array | undefined {
  const start = contentStart(frame)
  if (start === undefined || !isStored(frame, start, size)) return undefined
  const first = blockAt(frame, start)
  if (first.isLast && first.type === RAW) return frame.subarray(start + BLOCK_HEADER_BYTES).subarray(0, size)
  const content = new Uint8Array(size)
  let filled = 0
  for (let at = start, isLast = false; !isLast;) {
    const block = blockAt(frame, at)
    at += BLOCK_HEADER_BYTES
    if (block.type === RAW) content.set(frame.subarray(at, at + block.stored), filled)
    else content.fill(frame[at] ?? 0, filled, filled + block.size)
    filled += block.size
    at += block.stored
    isLast = block.isLast
  }
  return content
}

/** Before anything is made room for: whether every block is stored, and they add up to the size and the frame. */
function isStored(frame: Uint8Array, start: number, size: number): boolean {
  let bytes = 0
  for (let at = start; at + BLOCK_HEADER_BYTES <= frame.length;) {
    const block = blockAt(frame, at)
    if (block.type !== RAW && block.type !== REPEATED) return false
    at += BLOCK_HEADER_BYTES + block.stored
    bytes += block.size
    if (bytes > size) return false
    if (block.isLast) return bytes === size && at + (hasChecksum(frame) ? CHECKSUM_BYTES : 0) === frame.length
  }
  return false
}

interface Block {
  isLast: boolean
  type: number
  /** Bytes of content, and of it in the frame. */
  size: number
  stored: number
}

function blockAt(frame: Uint8Array, at: number): Block {
  const header = (frame[at] ?? 0) | ((frame[at + 1] ?? 0) << 8) | ((frame[at + 2] ?? 0) << 16)
  const [type, size] = [(header >> 1) & 3, header >> 3]
  return { isLast: (header & 1) === 1, type, size, stored: type === REPEATED ? 1 : size }
}

/** Behind magic and frame header. */
function contentStart(frame: Uint8Array): number | undefined {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, descriptor = 0xff] = frame
  if ((b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)) >>> 0 !== MAGIC) return undefined
  const isReserved = (descriptor & 0x08) !== 0
  const needsDictionary = (descriptor & 0x03) !== 0
  if (isReserved || needsDictionary) return undefined
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  return 5 + (isSingleSegment ? 0 : 1) + sizeBytes
}

function hasChecksum(frame: Uint8Array): boolean {
  return ((frame[4] ?? 0) & 0x04) !== 0
}
