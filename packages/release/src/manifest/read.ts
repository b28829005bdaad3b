import type { BlockId, ReleaseId } from '../cid.ts'
import { BLOCK_BYTES_MAX, INLINE_CHUNKS_MAX } from '../limits.ts'
import { quote } from '../quote.ts'
import { assemble } from './assemble.ts'
import { countItems, CHUNK_ITEM_BYTES, decodeChunkList, isDivided } from './chunk-list.ts'
import { decodeEntryList, splitEntries, type EntrySizes } from './entry-list.ts'
import type { WireEntry } from './entry-wire.ts'
import { inOrder } from './in-order.ts'
import type { Manifest } from './manifest.ts'
import { refuse } from './refuse.ts'
import { decodeRoot, type Root } from './root.ts'
import { verifyBlock } from './wire.ts'

export type GetBlock = (id: BlockId, maxBytes: number) => Promise<Uint8Array>
type Fetch = (id: BlockId) => Promise<Uint8Array>

const CONCURRENCY = 8

/** Fetches and reads a release. Every block is held to its id, and the whole to the rules of docs/formats.md. */
export async function readManifest(
  id: ReleaseId,
  getBlock: GetBlock,
  options: { concurrency?: number } = {},
): Promise<Manifest> {
  const concurrency = options.concurrency ?? CONCURRENCY
  const fetch: Fetch = async (wanted) => {
    const bytes = await getBlock(wanted, BLOCK_BYTES_MAX)
    verifyBlock(wanted, bytes)
    return bytes
  }
  const root = decodeRoot(await fetch(id))
  const entries = await readEntries(root, fetch, concurrency)
  const assembly = assemble(root.chunking, root.chunks)
  const chunkLists = inOrder(linkedLists(entries), fetch, concurrency)
  for (const entry of entries) {
    if (entry.kind !== 'file') assembly.add(entry)
    else
      assembly.add(
        entry,
        'lists' in entry ? await readChunks(entry, chunkLists, root.chunks - assembly.chunks) : [entry.chunks],
      )
  }
  const blockIds = new Set([...linkedLists(entries), ...root.lists, id])
  return assembly.finish(id, root, [...blockIds])
}

async function readEntries(root: Root, fetch: Fetch, concurrency: number): Promise<WireEntry[]> {
  const entries: WireEntry[] = []
  const seen: EntrySizes = { sizes: [], tails: [] }
  const ends: number[] = []
  let bytesLeft = root.listBytes
  for await (const bytes of inOrder(root.lists, fetch, concurrency)) {
    bytesLeft -= bytes.length
    if (bytesLeft < 0)
      refuse('list-bytes', `the entry lists have more than the ${root.listBytes} bytes that the root states`)
    decodeEntryList(bytes, seen, entries)
    ends.push(entries.length)
    if (entries.length > root.entries)
      refuse('entry-count', `the lists hold more than the ${root.entries} entries that the root states`)
  }
  if (bytesLeft > 0)
    refuse('list-bytes', `the entry lists have fewer than the ${root.listBytes} bytes that the root states`)
  if (!sameNumbers(ends, splitEntries(seen)))
    refuse('list-split', 'the entry lists are not divided where the format divides them')
  return entries
}

function* linkedLists(entries: readonly WireEntry[]): Generator<BlockId> {
  for (const entry of entries) if (entry.kind === 'file' && 'lists' in entry) yield* entry.lists
}

/** All chunk items of a file that links its lists, list by list. */
async function readChunks(
  file: { path: string; lists: BlockId[] },
  chunkLists: AsyncGenerator<Uint8Array, void, undefined>,
  chunksLeft: number,
): Promise<Uint8Array[]> {
  const lists: Uint8Array[] = []
  let bytesLeft = chunksLeft * CHUNK_ITEM_BYTES
  for (const id of file.lists) {
    const next = await chunkLists.next()
    if (next.done === true) throw new Error(`chunk list ${id} was not fetched`)
    const list = decodeChunkList(next.value, file.path)
    bytesLeft -= list.length
    if (bytesLeft < 0) refuse('chunk-count', `with ${quote(file.path)} there are more chunks than the root states`)
    lists.push(list)
  }
  if (countItems(lists) <= INLINE_CHUNKS_MAX) {
    refuse('chunks-linked', `${quote(file.path)} links a chunk list for chunks that belong inline`)
  }
  if (!isDivided(lists)) {
    refuse('chunk-list-split', `the chunk lists of ${quote(file.path)} are not divided where the format divides them`)
  }
  return lists
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, at) => number === b[at])
}
