import type { BlockId } from '../cid.ts'
import { CHUNK_LISTS_MAX, INLINE_CHUNKS_MAX, RELEASE_BYTES_MAX } from '../limits.ts'
import { quote } from '../quote.ts'
import { CHUNK_ITEM_BYTES } from './chunk-list.ts'
import type { DirectoryEntry, FileEntry, SymlinkEntry } from './entry.ts'
import { refuse } from './refuse.ts'
import { encode, hasKeys, isCount, isDigest, isRecord, linkedBlock, linkTo } from './wire.ts'

/** A file as its entry list holds it: chunks inline, or links to chunk lists. */
type WireFile = Omit<FileEntry, 'chunks'> & ({ chunks: Uint8Array } | { lists: BlockId[] })
export type WireEntry = WireFile | DirectoryEntry | SymlinkEntry

const FILE_KEYS = ['kind', 'path', 'size', 'executable', 'sha256']

/** Refuses what `decodeEntry` would refuse. */
export function encodeEntry(entry: WireEntry): Uint8Array {
  const value = toValue(entry)
  decodeEntry(value)
  return encode(value)
}

function toValue(entry: WireEntry): Record<string, unknown> {
  switch (entry.kind) {
    case 'directory':
      return { kind: entry.kind, path: entry.path }
    case 'symlink':
      return { kind: entry.kind, path: entry.path, target: entry.target }
    case 'file': {
      const { kind, path, size, executable, sha256 } = entry
      const content = 'lists' in entry ? { lists: entry.lists.map(linkTo) } : { chunks: entry.chunks }
      return { kind, path, size, executable, sha256, ...content }
    }
  }
}

/** Checks the shape of one entry; what its path may be is the tree's affair. */
export function decodeEntry(value: unknown): WireEntry {
  if (!isRecord(value)) refuse('entry-shape', 'an entry is not a map')
  const { kind, path } = value
  if (typeof path !== 'string') refuse('path-type', 'an entry has no path')
  switch (kind) {
    case 'file':
      return decodeFile(value, path)
    case 'directory':
      if (!hasKeys(value, ['kind', 'path'])) refuseKeys(path)
      return { kind, path }
    case 'symlink':
      if (!hasKeys(value, ['kind', 'path', 'target'])) refuseKeys(path)
      if (typeof value['target'] !== 'string')
        refuse('symlink-target', `symlink ${quote(path)}: the target is not text`)
      return { kind, path, target: value['target'] }
    default:
      return refuse('entry-kind', `entry ${quote(path)} is neither file, directory nor symlink`)
  }
}

function decodeFile(value: Record<string, unknown>, path: string): WireFile {
  const linked = Object.hasOwn(value, 'lists')
  if (!hasKeys(value, [...FILE_KEYS, linked ? 'lists' : 'chunks'])) refuseKeys(path)
  const { size, executable, sha256 } = value
  if (!isCount(size, RELEASE_BYTES_MAX)) {
    refuse('file-size', `the size of ${quote(path)} is not a whole number up to ${RELEASE_BYTES_MAX}`)
  }
  if (typeof executable !== 'boolean') refuse('file-executable', `"executable" of ${quote(path)} is not true or false`)
  if (!isDigest(sha256)) refuse('file-sha256', `the sha256 of ${quote(path)} does not have 32 bytes`)
  const file = { kind: 'file' as const, path, size, executable, sha256 }
  return linked
    ? { ...file, lists: decodeLinks(value['lists'], path) }
    : { ...file, chunks: decodeInline(value['chunks'], path) }
}

function decodeInline(value: unknown, path: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length % CHUNK_ITEM_BYTES !== 0) {
    refuse('chunks-shape', `the chunks of ${quote(path)} are not bytes of ${CHUNK_ITEM_BYTES} each`)
  }
  if (value.length > INLINE_CHUNKS_MAX * CHUNK_ITEM_BYTES) {
    refuse('chunks-inline', `${quote(path)} has more than ${INLINE_CHUNKS_MAX} chunks inline`)
  }
  return value
}

function decodeLinks(value: unknown, path: string): BlockId[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > CHUNK_LISTS_MAX) {
    refuse('chunks-shape', `${quote(path)} must link 1 to ${CHUNK_LISTS_MAX} chunk lists`)
  }
  return value.map((link: unknown) => {
    const id = linkedBlock(link)
    if (id === undefined) refuse('chunks-shape', `${quote(path)} links something that is no block`)
    return id
  })
}

function refuseKeys(path: string): never {
  refuse('entry-keys', `entry ${quote(path)} lacks a key or has an unknown one`)
}
