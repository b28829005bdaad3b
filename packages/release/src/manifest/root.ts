import type { BlockId } from '../cid.ts'
import { checkChunking, type Chunking } from '../chunking/choose.ts'
import { ENTRIES_MAX, ENTRY_LISTS_MAX, ENTRY_LIST_BYTES_MAX, CHUNKS_MAX, RELEASE_BYTES_MAX } from '../limits.ts'
import { parseName, parseVersion } from '../names.ts'
import { decodeCanonical, encode, hasKeys, isCount, isRecord, linkedBlock, linkTo } from './wire.ts'
import { refuse } from './refuse.ts'

/** The root block. Its counts bound what a reader may be made to fetch before it has seen any of it. */
export interface Root {
  product: string
  version: string
  platform: string
  chunking: Chunking
  /** Number of entries. */
  entries: number
  /** Number of chunk references, repeats included. */
  chunks: number
  sizeBytes: number
  lists: BlockId[]
  /** Bytes of all entry-list blocks together. */
  listBytes: number
}

const TYPE = 'shoal/release'
const VERSION = 1
const KEYS = [
  'v',
  'type',
  'product',
  'version',
  'platform',
  'chunking',
  'entries',
  'chunks',
  'size',
  'lists',
  'listBytes',
] as const

export function encodeRoot(root: Root): Uint8Array {
  const { product, version, platform, chunking, entries, chunks, sizeBytes, lists, listBytes } = root
  const { min, avg, max } = chunking
  const wire = { product, version, platform, chunking: { min, avg, max }, entries, chunks, size: sizeBytes, listBytes }
  return encode({ ...wire, v: VERSION, type: TYPE, lists: lists.map(linkTo) })
}

export function decodeRoot(bytes: Uint8Array): Root {
  const value = decodeCanonical(bytes)
  if (value === undefined) refuse('cbor', 'the root block is not canonical dag-cbor')
  if (!isRecord(value)) refuse('root-shape', 'the root block is not a map')
  if (value['type'] !== TYPE || value['v'] !== VERSION)
    refuse('root-type', `the root is not "${TYPE}" version ${VERSION}`)
  if (!hasKeys(value, KEYS)) refuse('root-keys', `the root must have exactly the keys ${KEYS.join(', ')}`)
  const entries = count(value, 'entries', 'root-entries', ENTRIES_MAX)
  if (entries === 0) refuse('root-entries', 'a release has at least one entry')
  return {
    ...decodeNames(value),
    chunking: decodeChunking(value['chunking']),
    entries,
    chunks: count(value, 'chunks', 'root-chunks', CHUNKS_MAX),
    sizeBytes: count(value, 'size', 'root-size', RELEASE_BYTES_MAX),
    lists: decodeLists(value['lists']),
    listBytes: count(value, 'listBytes', 'root-list-bytes', ENTRY_LIST_BYTES_MAX),
  }
}

type CountRule = 'root-entries' | 'root-chunks' | 'root-size' | 'root-list-bytes'

function count(value: Record<string, unknown>, key: string, rule: CountRule, max: number): number {
  const number = value[key]
  if (!isCount(number, max)) refuse(rule, `"${key}" of the root is not a whole number up to ${max}`)
  return number
}

function decodeNames({
  product,
  version,
  platform,
}: Record<string, unknown>): Pick<Root, 'product' | 'version' | 'platform'> {
  if (typeof product !== 'string' || typeof version !== 'string' || typeof platform !== 'string') {
    refuse('root-names', 'product, version and platform must be text')
  }
  try {
    return {
      product: parseName(product, 'product'),
      version: parseVersion(version),
      platform: parseName(platform, 'platform'),
    }
  } catch (error) {
    refuse('root-names', (error as Error).message, error)
  }
}

function decodeChunking(value: unknown): Chunking {
  if (!isRecord(value) || !hasKeys(value, ['min', 'avg', 'max'])) {
    refuse('root-chunking', 'chunking must have exactly the keys min, avg, max')
  }
  const { min, avg, max } = value
  if (typeof min !== 'number' || typeof avg !== 'number' || typeof max !== 'number') {
    refuse('root-chunking', 'chunking must hold numbers')
  }
  try {
    checkChunking({ min, avg, max })
  } catch (error) {
    refuse('root-chunking', (error as Error).message, error)
  }
  return { min, avg, max }
}

function decodeLists(value: unknown): BlockId[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > ENTRY_LISTS_MAX) {
    refuse('root-lists', `the root must link 1 to ${ENTRY_LISTS_MAX} entry lists`)
  }
  return value.map((link: unknown) => {
    const id = linkedBlock(link)
    if (id === undefined) refuse('root-lists', 'the root links something that is no block')
    return id
  })
}
