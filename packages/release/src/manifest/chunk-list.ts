import { sha256 } from '../cid.ts'
import type { Chunking } from '../chunking/choose.ts'
import { quote } from '../quote.ts'
import type { ChunkTableBuilder } from './chunk-table.ts'
import type { FileChunks } from './entry.ts'
import { refuse } from './refuse.ts'
import { digestTail, splitLists } from './split.ts'
import { decodeCanonical, isByteString, viewByteString } from './wire.ts'

/** A chunk in a list: its digest, then its size as an unsigned 32-bit big-endian number. */
export const CHUNK_ITEM_BYTES = 36
const EMPTY = sha256(new Uint8Array())

export function packChunks({ digests, sizes }: FileChunks): Uint8Array {
  if (digests.length !== sizes.length * 32) {
    refuse('chunks-shape', `${digests.length} bytes of digests for ${sizes.length} chunks`)
  }
  const items = new Uint8Array(sizes.length * CHUNK_ITEM_BYTES)
  const view = new DataView(items.buffer)
  sizes.forEach((size, chunk) => {
    items.set(digests.subarray(chunk * 32, chunk * 32 + 32), chunk * CHUNK_ITEM_BYTES)
    view.setUint32(chunk * CHUNK_ITEM_BYTES + 32, size)
  })
  return items
}

/** Puts a file's chunks into the table, and refuses what cannot be the chunks of such a file. */
export function addChunks(
  table: ChunkTableBuilder,
  file: { path: string; size: number; sha256: Uint8Array },
  lists: readonly Uint8Array[],
  chunking: Chunking,
): Uint32Array {
  const indices = new Uint32Array(countItems(lists))
  let chunk = 0
  let total = 0
  for (const items of lists) {
    const view = new DataView(items.buffer, items.byteOffset, items.byteLength)
    for (let offset = 0; offset < items.length; offset += CHUNK_ITEM_BYTES, chunk++) {
      const size = view.getUint32(offset + 32)
      const least = chunk + 1 === indices.length ? 1 : chunking.min
      if (size < least || size > chunking.max) {
        refuse('chunk-size', `chunk ${chunk} of ${quote(file.path)} has ${size} bytes, not ${least} to ${chunking.max}`)
      }
      const index = table.add(items, offset, size)
      if (table.sizeOf(index) !== size) {
        refuse('chunk-size-conflict', `chunk ${chunk} of ${quote(file.path)} appears with two sizes`)
      }
      indices[chunk] = index
      total += size
    }
  }
  if (total !== file.size) {
    refuse('size-file', `${quote(file.path)} has ${file.size} bytes, its chunks ${total}`)
  }
  checkWholeDigest(file, indices.length, lists[0])
  return indices
}

export function countItems(lists: readonly Uint8Array[]): number {
  return lists.reduce((sum, items) => sum + items.length / CHUNK_ITEM_BYTES, 0)
}

/** Files of no chunk or of one have a digest that is known already. */
function checkWholeDigest(
  file: { path: string; sha256: Uint8Array },
  count: number,
  items: Uint8Array | undefined,
): void {
  if (count === 0 && Buffer.compare(file.sha256, EMPTY) !== 0) {
    refuse('file-empty', `${quote(file.path)} is empty, but its sha256 is not that of no bytes`)
  }
  if (count === 1 && items !== undefined && Buffer.compare(file.sha256, items.subarray(0, 32)) !== 0) {
    refuse('file-single', `${quote(file.path)} is a single chunk, but its sha256 is not the chunk's`)
  }
}

/** The chunk lists of a file, as views of its items. A chunk-list block is one dag-cbor byte string. */
export function splitChunks(items: Uint8Array): Uint8Array[] {
  let first = 0
  return splitLists({
    count: items.length / CHUNK_ITEM_BYTES,
    sizeOf: () => CHUNK_ITEM_BYTES,
    tailOf: (chunk) => digestTail(items, chunk * CHUNK_ITEM_BYTES),
  }).map((end) => {
    const list = items.subarray(first * CHUNK_ITEM_BYTES, end * CHUNK_ITEM_BYTES)
    first = end
    return list
  })
}

/** Whether these lists are those that a file's items are divided into. */
export function isDivided(lists: readonly Uint8Array[]): boolean {
  return lists.every((items, list) => {
    const count = items.length / CHUNK_ITEM_BYTES
    const isLast = list + 1 === lists.length
    // Items are of one size, so that a list's end depends on its own items, and on whether there are more.
    const [end] = splitLists({
      count: isLast ? count : count + 1,
      sizeOf: () => CHUNK_ITEM_BYTES,
      tailOf: (chunk) => (chunk === count ? 1 : digestTail(items, chunk * CHUNK_ITEM_BYTES)),
    })
    return end === count
  })
}

/** A view of the items in a block. */
export function decodeChunkList(bytes: Uint8Array, path: string): Uint8Array {
  const items = isByteString(bytes) ? viewByteString(bytes) : decodeCanonical(bytes)
  if (items === undefined) refuse('cbor', `a chunk list of ${quote(path)} is not canonical dag-cbor`)
  if (!(items instanceof Uint8Array) || items.length === 0 || items.length % CHUNK_ITEM_BYTES !== 0) {
    refuse('chunk-list-shape', `a chunk list of ${quote(path)} is not bytes of ${CHUNK_ITEM_BYTES} a chunk`)
  }
  return items
}
