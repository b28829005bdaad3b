/**
 * What an origin has, made by hand in memory: an attacker's to copy, to keep for later, and to change. Whoever holds a key of
 * `KEYS` can sign here what that key may sign, and what it may not.
 */
import { hash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import {
  blockDigest,
  DEFAULT_CHUNKING,
  encodeManifest,
  encodePackIndex,
  metadataFile,
  originPath,
  releaseRole,
  type BlockId,
  type EntryInput,
  type ReleaseId,
} from '@shoal/release'
import {
  common,
  KEYS,
  metaOf,
  releaseSigned,
  rootSigned,
  signedBy,
  targetsSigned,
  type Key,
  type Map as Signed,
} from '../author.ts'

/** Path at the origin → bytes. */
export type Shelf = Map<string, Uint8Array>

export const TARGET = { product: 'demo', channel: 'stable', platform: 'any' }
export const ROLE = releaseRole(TARGET.product, TARGET.channel)

/** A fleet that has published nothing. */
export function newShelf(): Shelf {
  const shelf: Shelf = new Map()
  putRole(shelf, 'root', rootSigned(), KEYS.root)
  putRole(shelf, 'targets', targetsSigned(), KEYS.targets)
  putRole(shelf, ROLE, releaseSigned({ targets: {} }), KEYS.release)
  announce(shelf)
  return shelf
}

/** Files of at most 256 KiB by their paths; each is one chunk. */
export type Content = Readonly<Record<string, string | Uint8Array>>

/** Packs a release, signs it and announces it, all as the publisher does. */
export function publish(shelf: Shelf, version: string, content: Content = { 'version.txt': version }): ReleaseId {
  const { id, rootBytes } = pack(shelf, version, content)
  offer(shelf, version, id, rootBytes)
  announce(shelf)
  return id
}

/** Adds the objects of a release, which nothing names yet. */
export function pack(shelf: Shelf, version: string, content: Content): { id: ReleaseId; rootBytes: number } {
  const { product, platform } = TARGET
  const files = Object.entries(content).map(([path, bytes]) => ({ path, bytes: Buffer.from(bytes) }))
  const entries: EntryInput[] = files.map(({ path, bytes }) => {
    const sha256 = new Uint8Array(hash('sha256', bytes, 'buffer'))
    const chunks = { digests: sha256, sizes: Uint32Array.of(bytes.length) }
    return { kind: 'file', path, size: bytes.length, executable: false, sha256, chunks }
  })
  const { id, blocks, manifest } = encodeManifest({ product, version, platform, chunking: DEFAULT_CHUNKING, entries })
  for (const block of blocks) shelf.set(originPath.block(block.id), block.bytes)
  const byDigest = new Map(files.map(({ bytes }) => [hash('sha256', bytes), bytes]))
  const chunks = Array.from({ length: manifest.chunks.count }, (_, chunk) =>
    byDigest.get(Buffer.from(manifest.chunks.digest(chunk)).toString('hex')),
  )
  putPack(
    shelf,
    id,
    chunks.map((bytes) => zstdCompressSync(bytes ?? Buffer.alloc(0))),
  )
  return { id, rootBytes: blocks.at(-1)?.bytes.length ?? 0 }
}

/** One pack with these frames, one a chunk, and the index that says so. */
export function putPack(shelf: Shelf, id: ReleaseId, frames: readonly Uint8Array[]): void {
  const bytes = Buffer.concat(frames)
  const sha256 = hash('sha256', bytes)
  const length = Uint32Array.from(frames, (frame) => frame.length)
  const offset = length.map((_, chunk) => length.subarray(0, chunk).reduce((sum, each) => sum + each, 0))
  const packs = [{ sha256, length: bytes.length }]
  shelf.set(originPath.pack(sha256), bytes)
  shelf.set(originPath.index(id), encodePackIndex(id, { packs, pack: new Uint32Array(frames.length), offset, length }))
}

/** Adds a target to the role of the channel, under the next counter. */
export function offer(shelf: Shelf, version: string, id: BlockId, rootBytes: number, key: Key = KEYS.release): void {
  const role = latest(shelf, ROLE)
  const before = role['targets'] as Record<string, Signed>
  const counter = Object.keys(before).length + 1
  const target = {
    length: rootBytes,
    hashes: { sha256: Buffer.from(blockDigest(id)).toString('hex') },
    custom: { counter, cid: id },
  }
  const targets = { ...before, [pathOf(version)]: target }
  putRole(shelf, ROLE, { ...role, version: versionOf(role) + 1, targets }, key)
}

export function pathOf(version: string): string {
  return `${TARGET.product}/${TARGET.channel}/${version}/${TARGET.platform}.release`
}

/** A snapshot of the newest roles and a timestamp that names it, by the two online keys. */
export function announce(
  shelf: Shelf,
  change: { snapshot?: Signed; timestamp?: Signed } = {},
  keys: { snapshot: Key; timestamp: Key } = KEYS,
): void {
  const named = ['targets', ROLE].map((role) => {
    const version = versionOf(latest(shelf, role))
    return [`${role}.json`, metaOf(bytesOf(shelf, metadataFile(role, version)), version)] as const
  })
  const snapshot = {
    ...common('snapshot', { version: versionOf(latest(shelf, 'snapshot')) + 1 }),
    meta: Object.fromEntries(named),
    ...change.snapshot,
  }
  putRole(shelf, 'snapshot', snapshot, keys.snapshot)
  const bytes = bytesOf(shelf, metadataFile('snapshot', versionOf(snapshot)))
  const meta = { 'snapshot.json': metaOf(bytes, versionOf(snapshot)) }
  const version = versionOf(latest(shelf, 'timestamp')) + 1
  putRole(shelf, 'timestamp', { ...common('timestamp', { version }), meta, ...change.timestamp }, keys.timestamp)
}

/** Signs a role, whoever the signers are, and puts it where it is looked for. */
export function putRole(shelf: Shelf, role: string, signed: Signed, ...keys: Key[]): void {
  const file = metadataFile(role, role === 'timestamp' ? undefined : versionOf(signed))
  shelf.set(originPath.metadata(file), signedBy(signed, ...keys))
}

/** What is signed in the newest metadata of a role; of none, version 0. */
export function latest(shelf: Shelf, role: string): Signed {
  const versions = [...shelf.keys()].flatMap((path) => {
    const match = /^tuf\/(\d+)\.(.+)\.json$/.exec(path)
    return match?.[2] === role ? [Number(match[1])] : []
  })
  const newest = role === 'timestamp' ? undefined : Math.max(0, ...versions)
  const bytes = shelf.get(originPath.metadata(metadataFile(role, newest)))
  if (bytes === undefined) return { version: 0 }
  return (JSON.parse(Buffer.from(bytes).toString()) as { signed: Signed }).signed
}

export function versionOf(signed: Signed): number {
  return Number(signed['version'])
}

export function metadataOf(shelf: Shelf): Record<string, Uint8Array> {
  const files = [...shelf].filter(([path]) => path.startsWith('tuf/'))
  return Object.fromEntries(files.map(([path, bytes]) => [path.slice('tuf/'.length), bytes]))
}

function bytesOf(shelf: Shelf, file: string): Uint8Array {
  return shelf.get(originPath.metadata(file)) ?? new Uint8Array()
}
