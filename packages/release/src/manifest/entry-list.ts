import { sha256 } from '../cid.ts'
import { decodeEntry, type WireEntry } from './entry-wire.ts'
import { refuse } from './refuse.ts'
import { digestTail, splitLists } from './split.ts'
import { decodeAny, encode } from './wire.ts'

/** What decides where entry lists end, for the entries seen so far. */
export interface EntrySizes {
  sizes: number[]
  tails: number[]
}

export function noteEntry(seen: EntrySizes, path: string, encodedBytes: number): void {
  seen.sizes.push(encodedBytes)
  // By the path alone: a file with new content moves no boundary.
  seen.tails.push(digestTail(sha256(Buffer.from(path))))
}

export function splitEntries({ sizes, tails }: EntrySizes): number[] {
  return splitLists({
    count: sizes.length,
    sizeOf: (item) => sizes[item] as number,
    tailOf: (item) => tails[item] as number,
  })
}

/** An entry list is a dag-cbor array of the entries. */
export function encodeEntryList(encodedEntries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([arrayHeader(encodedEntries.length), ...encodedEntries])
}

/** Reads a list, and holds every entry to the one encoding it has. */
export function decodeEntryList(bytes: Uint8Array, seen: EntrySizes, into: WireEntry[]): void {
  const values = decodeAny(bytes)
  if (values === undefined) refuse('cbor', 'an entry list is not dag-cbor')
  if (!Array.isArray(values)) refuse('list-shape', 'an entry list is not an array')
  if (values.length === 0) refuse('list-empty', 'an entry list is empty')
  const header = arrayHeader(values.length)
  let canonical = sameAt(bytes, 0, header)
  let offset = header.length
  for (const value of values as unknown[]) {
    const entry = decodeEntry(value)
    const encoded = encode(value)
    canonical &&= sameAt(bytes, offset, encoded)
    offset += encoded.length
    noteEntry(seen, entry.path, encoded.length)
    into.push(entry)
  }
  if (!canonical || offset !== bytes.length) refuse('cbor', 'an entry list is not canonical dag-cbor')
}

function arrayHeader(count: number): Uint8Array {
  if (count < 24) return Uint8Array.of(0x80 | count)
  if (count < 0x100) return Uint8Array.of(0x98, count)
  if (count < 0x10000) return Uint8Array.of(0x99, count >>> 8, count & 0xff)
  return Uint8Array.of(0x9a, count >>> 24, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff)
}

function sameAt(bytes: Uint8Array, offset: number, part: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(offset, offset + part.length), part) === 0
}
