import { blockIdOf, type BlockId, type ReleaseId } from '../cid.ts'
import type { Chunking } from '../chunking/choose.ts'
import { INLINE_CHUNKS_MAX } from '../limits.ts'
import { assemble } from './assemble.ts'
import { packChunks, splitChunks } from './chunk-list.ts'
import type { EntryInput } from './entry.ts'
import { encodeEntryList, noteEntry, splitEntries, type EntrySizes } from './entry-list.ts'
import { encodeEntry, type WireEntry } from './entry-wire.ts'
import type { Manifest } from './manifest.ts'
import { comparePaths } from './path.ts'
import { decodeRoot, encodeRoot, type Root } from './root.ts'
import { encode } from './wire.ts'

export interface ManifestInput {
  product: string
  version: string
  platform: string
  chunking: Chunking
  /** In any order. */
  entries: readonly EntryInput[]
}

export interface Block {
  id: BlockId
  bytes: Uint8Array
}

/** The blocks of a release, each once, the root last. Refuses whatever a reader would refuse. */
export function encodeManifest(input: ManifestInput): { id: ReleaseId; blocks: Block[]; manifest: Manifest } {
  const assembly = assemble(input.chunking)
  const blocks = new Map<BlockId, Uint8Array>()
  const encoded: Uint8Array[] = []
  const seen: EntrySizes = { sizes: [], tails: [] }
  for (const entry of input.entries.toSorted((a, b) => comparePaths(a.path, b.path))) {
    const { wire, items } = toWire(entry, (bytes) => store(blocks, bytes))
    const bytes = encodeEntry(wire)
    assembly.add(wire, items === undefined ? [] : [items])
    noteEntry(seen, wire.path, bytes.length)
    encoded.push(bytes)
  }
  const lists: BlockId[] = []
  let listBytes = 0
  let first = 0
  for (const end of splitEntries(seen)) {
    const bytes = encodeEntryList(encoded.slice(first, end))
    lists.push(store(blocks, bytes))
    listBytes += bytes.length
    first = end
  }
  const { product, version, platform, chunking } = input
  const { chunks, sizeBytes } = assembly
  const root: Root = {
    product,
    version,
    platform,
    chunking,
    entries: encoded.length,
    chunks,
    sizeBytes,
    lists,
    listBytes,
  }
  const rootBytes = encodeRoot(root)
  const id = store(blocks, rootBytes) as ReleaseId
  const manifest = assembly.finish(id, decodeRoot(rootBytes), [...blocks.keys()])
  return { id, blocks: Array.from(blocks, ([id, bytes]) => ({ id, bytes })), manifest }
}

function toWire(entry: EntryInput, put: (bytes: Uint8Array) => BlockId): { wire: WireEntry; items?: Uint8Array } {
  if (entry.kind !== 'file') return { wire: entry }
  const { kind, path, size, executable, sha256 } = entry
  const items = packChunks(entry.chunks)
  const file = { kind, path, size, executable, sha256 }
  if (entry.chunks.sizes.length <= INLINE_CHUNKS_MAX) return { wire: { ...file, chunks: items }, items }
  return { wire: { ...file, lists: splitChunks(items).map((list) => put(encode(list))) }, items }
}

function store(blocks: Map<BlockId, Uint8Array>, bytes: Uint8Array): BlockId {
  const id = blockIdOf(bytes)
  blocks.set(id, bytes)
  return id
}
