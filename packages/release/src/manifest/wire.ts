import { decode, encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { blockIdOf, parseBlockId, type BlockId } from '../cid.ts'
import { ReleaseError } from '../error.ts'
import { BLOCK_BYTES_MAX } from '../limits.ts'

export { encode }

/** Decodes dag-cbor that is exactly what the encoder would write; undefined for all else. */
export function decodeCanonical(bytes: Uint8Array): unknown {
  return attempt(() => {
    const value = decode<unknown>(bytes)
    return Buffer.compare(encode(value), bytes) === 0 ? value : undefined
  })
}

/** Decodes without holding the bytes to the one encoding; undefined when it is no dag-cbor. */
export function decodeAny(bytes: Uint8Array): unknown {
  return attempt(() => decode<unknown>(bytes))
}

/** Whether a dag-cbor value begins as a byte string. */
export function isByteString(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >> 5 === 2
}

/** The content of a byte string that is exactly what the encoder would write, where it lies: large ones are not copied. */
export function viewByteString(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [first, size] = [bytes[0] ?? 0, bytes.length]
  if (first >= 0x40 && first < 0x58) return size === 1 + first - 0x40 ? bytes.subarray(1) : undefined
  // A length stands in the shortest form that holds it.
  if (first === 0x58 && size > 2) return size === 2 + view.getUint8(1) && size - 2 >= 24 ? bytes.subarray(2) : undefined
  if (first === 0x59 && size > 3)
    return size === 3 + view.getUint16(1) && size - 3 >= 0x100 ? bytes.subarray(3) : undefined
  if (first === 0x5a && size > 5)
    return size === 5 + view.getUint32(1) && size - 5 >= 0x10000 ? bytes.subarray(5) : undefined
  return undefined
}

function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch {
    // The codec's many complaints (also that it nests too deep for the stack) all mean the same here: not dag-cbor.
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Exactly these keys, no more and no fewer. */
export function hasKeys(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key))
}

export function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
}

export function isDigest(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32
}

/** The id in a link, if it is one to a dag-cbor block. */
export function linkedBlock(value: unknown): BlockId | undefined {
  const cid = CID.asCID(value)
  if (cid === null || cid.version !== 1 || cid.code !== 0x71) return undefined
  if (cid.multihash.code !== 0x12 || cid.multihash.digest.length !== 32) return undefined
  return cid.toString() as BlockId
}

export function linkTo(id: BlockId): CID {
  return CID.parse(id)
}

/** Refuses bytes that are not the block asked for. */
export function verifyBlock(id: BlockId, bytes: Uint8Array, maxBytes: number = BLOCK_BYTES_MAX): void {
  if (bytes.length > maxBytes) {
    throw new ReleaseError(
      'BLOCK_INVALID',
      'block-size',
      `block ${id} has ${bytes.length} bytes, more than ${maxBytes}`,
    )
  }
  if (blockIdOf(bytes) !== parseBlockId(id)) {
    throw new ReleaseError('BLOCK_INVALID', 'block-id', `block ${id}: the bytes do not match the id`)
  }
}
