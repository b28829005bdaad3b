import { blockIdOf, type BlockId } from '@shoal/release'
import { encode, link, type Value } from './cbor.ts'
import { sha256 } from './seeded.ts'

/** Blocks by id, as a vector holds them. */
export type Blocks = Record<string, Uint8Array>
export interface Draft {
  id: BlockId
  blocks: Blocks
}

export type Map = Record<string, Value>
const CHUNKING = { min: 16384, avg: 65536, max: 262144 }

/** A file whose chunks have these sizes; nothing is checked. */
export function file(path: string, sizes: readonly number[] = [100], more: Map = {}): Map {
  const chunks = items(path, sizes)
  const whole =
    sizes.length === 0 ? sha256('') : sizes.length === 1 ? chunks.slice(0, 32) : sha256(`whole file ${path}`)
  const size = sizes.reduce((sum, chunk) => sum + chunk, 0)
  return { kind: 'file', path, size, executable: false, sha256: whole, chunks, ...more }
}

/** Chunk items with digests that follow from the name and the position. */
export function items(name: string, sizes: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(sizes.length * 36)
  sizes.forEach((size, chunk) => {
    bytes.set(sha256(`chunk ${chunk} of ${name}`), chunk * 36)
    bytes.writeUInt32BE(size, chunk * 36 + 32)
  })
  return new Uint8Array(bytes)
}

export const directory = (path: string, more: Map = {}): Map => ({ kind: 'directory', path, ...more })
export const symlink = (path: string, target: Value, more: Map = {}): Map => ({
  kind: 'symlink',
  path,
  target,
  ...more,
})

/** A release of the given entry lists, with a root that agrees with them except for what `root` says. */
export function draft(lists: readonly (readonly Value[])[], root: Map = {}, extra: readonly Uint8Array[] = []): Draft {
  return draftOfBlocks(lists.map(encode), lists.flat(), root, extra)
}

/** The same of entry-list blocks as they are; `entries` is what the root is to state of them. */
export function draftOfBlocks(
  listBlocks: readonly Uint8Array[],
  entries: readonly Value[],
  root: Map = {},
  extra: readonly Uint8Array[] = [],
): Draft {
  const files = entries.filter((entry): entry is Map => typeof entry === 'object' && entry !== null && 'size' in entry)
  return draftOfRoot(
    encode({
      v: 1,
      type: 'shoal/release',
      product: 'demo',
      version: '1.0.0',
      platform: 'any',
      chunking: CHUNKING,
      entries: entries.length,
      chunks: files.reduce(
        (sum, { chunks }) => sum + (chunks instanceof Uint8Array ? Math.floor(chunks.length / 36) : 0),
        0,
      ),
      size: files.reduce((sum, { size }) => sum + (typeof size === 'number' && size > 0 ? size : 0), 0),
      lists: listBlocks.map((bytes) => link(blockIdOf(bytes))),
      listBytes: listBlocks.reduce((sum, bytes) => sum + bytes.length, 0),
      ...root,
    }),
    [...extra, ...listBlocks],
  )
}

export function draftOfRoot(root: Uint8Array, others: readonly Uint8Array[] = []): Draft {
  const blocks = Object.fromEntries([...others, root].map((bytes) => [blockIdOf(bytes), bytes]))
  return { id: blockIdOf(root), blocks }
}
