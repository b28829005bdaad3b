import { blockDigest, type ReleaseId } from './cid.ts'
import { ReleaseError } from './error.ts'
import { FRAME_OVERHEAD_BYTES, PACKS_MAX, PACK_BYTES_MAX } from './limits.ts'
import type { Manifest } from './manifest/manifest.ts'
import type { Rule } from './rules.ts'

/** Where the chunks of a release lie at an origin. A hint: chunks verify themselves. */
export interface PackIndex {
  packs: { sha256: string; length: number }[]
  /** For each chunk of the manifest: index into `packs`, then offset and length of its zstd frame. */
  pack: Uint32Array
  offset: Uint32Array
  length: Uint32Array
}

const MAGIC = Buffer.from('shoalpix')
const VERSION = 1
const HEADER_BYTES = 52
const PACK_BYTES = 36
const CHUNK_BYTES = 12

/** Largest frame that the format allows for a chunk. */
export function frameBytesMax(chunkBytes: number): number {
  return chunkBytes + (chunkBytes >>> 8) + FRAME_OVERHEAD_BYTES
}

/** What a fetch of the index of a release with so many distinct chunks may bring at most. */
export function packIndexBytesMax(chunkCount: number): number {
  return HEADER_BYTES + PACK_BYTES * Math.min(PACKS_MAX, chunkCount) + CHUNK_BYTES * chunkCount
}

/** Packs are written in the order of their first use, unused ones left out: one index has one encoding. */
export function encodePackIndex(id: ReleaseId, index: PackIndex): Uint8Array {
  const places = new Map<number, number>()
  for (const pack of index.pack) if (!places.has(pack)) places.set(pack, places.size)
  const bytes = Buffer.alloc(HEADER_BYTES + PACK_BYTES * places.size + CHUNK_BYTES * index.pack.length)
  bytes.set(MAGIC)
  bytes.writeUInt32BE(VERSION, 8)
  bytes.set(blockDigest(id), 12)
  bytes.writeUInt32BE(places.size, 44)
  bytes.writeUInt32BE(index.pack.length, 48)
  for (const [pack, place] of places) {
    const from = index.packs[pack]
    if (from === undefined) throw new RangeError(`the index has no pack ${pack}`)
    const at = HEADER_BYTES + PACK_BYTES * place
    bytes.write(from.sha256, at, 'hex')
    bytes.writeUInt32BE(from.length, at + 32)
  }
  let at = HEADER_BYTES + PACK_BYTES * places.size
  index.pack.forEach((pack, chunk) => {
    bytes.writeUInt32BE(places.get(pack) as number, at)
    bytes.writeUInt32BE(index.offset[chunk] as number, at + 4)
    bytes.writeUInt32BE(index.length[chunk] as number, at + 8)
    at += CHUNK_BYTES
  })
  return bytes
}

export function parsePackIndex(bytes: Uint8Array, manifest: Pick<Manifest, 'id' | 'chunks'>): PackIndex {
  if (bytes.length < HEADER_BYTES) refuse('index-length', `${bytes.length} bytes are too few for a header`)
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!view.subarray(0, 8).equals(MAGIC)) refuse('index-magic', 'it does not begin with "shoalpix"')
  if (view.readUInt32BE(8) !== VERSION) refuse('index-version', `version ${view.readUInt32BE(8)} is not ${VERSION}`)
  if (!view.subarray(12, 44).equals(blockDigest(manifest.id))) refuse('index-release', 'it is of another release')
  const packCount = view.readUInt32BE(44)
  const chunkCount = view.readUInt32BE(48)
  if (packCount > PACKS_MAX) refuse('index-packs', `${packCount} packs are more than ${PACKS_MAX}`)
  if (chunkCount !== manifest.chunks.count) {
    refuse('index-chunks', `it has ${chunkCount} chunks, the release ${manifest.chunks.count}`)
  }
  const length = HEADER_BYTES + PACK_BYTES * packCount + CHUNK_BYTES * chunkCount
  if (bytes.length !== length) refuse('index-length', `it has ${bytes.length} bytes, its header says ${length}`)
  const packs = parsePacks(view, packCount)
  return { packs, ...parseFrames(view.subarray(HEADER_BYTES + PACK_BYTES * packCount), packs, manifest.chunks.sizes) }
}

function parsePacks(view: Buffer, count: number): PackIndex['packs'] {
  const packs: PackIndex['packs'] = []
  const seen = new Set<string>()
  for (let pack = 0; pack < count; pack++) {
    const at = HEADER_BYTES + PACK_BYTES * pack
    const sha256 = view.toString('hex', at, at + 32)
    const length = view.readUInt32BE(at + 32)
    if (length === 0 || length > PACK_BYTES_MAX) {
      refuse('pack-length', `pack ${pack} has ${length} bytes, not 1 to ${PACK_BYTES_MAX}`)
    }
    if (seen.has(sha256)) refuse('pack-duplicate', `pack ${sha256} appears twice`)
    seen.add(sha256)
    packs.push({ sha256, length })
  }
  return packs
}

function parseFrames(view: Buffer, packs: PackIndex['packs'], chunkSizes: Uint32Array): Omit<PackIndex, 'packs'> {
  const count = chunkSizes.length
  const frames = { pack: new Uint32Array(count), offset: new Uint32Array(count), length: new Uint32Array(count) }
  let used = 0
  for (let chunk = 0; chunk < count; chunk++) {
    const pack = view.readUInt32BE(chunk * CHUNK_BYTES)
    const offset = view.readUInt32BE(chunk * CHUNK_BYTES + 4)
    const length = view.readUInt32BE(chunk * CHUNK_BYTES + 8)
    const from = packs[pack]
    if (from === undefined) refuse('frame-pack', `chunk ${chunk} lies in pack ${pack} of ${packs.length}`)
    if (pack > used) refuse('pack-order', `chunk ${chunk} uses pack ${pack} before pack ${used}`)
    if (pack === used) used += 1
    const longest = frameBytesMax(chunkSizes[chunk] as number)
    if (length === 0 || length > longest) {
      refuse('frame-length', `chunk ${chunk} has a frame of ${length} bytes, not 1 to ${longest}`)
    }
    if (offset + length > from.length) refuse('frame-range', `chunk ${chunk} reaches beyond the end of pack ${pack}`)
    frames.pack[chunk] = pack
    frames.offset[chunk] = offset
    frames.length[chunk] = length
  }
  if (used !== packs.length) refuse('pack-unused', `pack ${used} holds no chunk of the release`)
  return frames
}

function refuse(rule: Rule<'PACK_INDEX_INVALID'>, message: string): never {
  throw new ReleaseError('PACK_INDEX_INVALID', rule, `pack index: ${message}`)
}
