import { METADATA_BYTES_MAX, metadataFile, originPath, ReleaseError, sha256 } from '@shoal/release'
import { SeederError } from '../error.ts'
import { ORIGIN_CONCURRENCY, ROOTS_MAX } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import { mapInOrder } from '../publish/map-in-order.ts'
import { isSignedBy, releaseAuthority, rootAuthority, type Authority } from './authority.ts'
import {
  decodeDocument,
  type AnySigned,
  type Document,
  type FileMeta,
  type RootSigned,
  type SnapshotSigned,
  type TargetsSigned,
  type TimestampSigned,
} from './document.ts'
import { MetadataSet } from './set.ts'

/** What an origin offers now, and what replacing its timestamp needs. */
export interface Offered {
  /** With all roots that are known, those that only the repository has included. */
  set: MetadataSet
  /** Versions of root that are there. */
  rootsThere: number
  timestampTag: string | undefined
}

/**
 * Reads the metadata of an origin. Unlike a client it takes what an earlier root of the fleet vouches for: when a rotation of keys
 * was cut short, that is what is to be signed anew. Nothing counts as expired.
 * @param known the roots of the repository
 * @throws SeederError ORIGIN_FOREIGN, ORIGIN_CORRUPT
 */
export async function readOffered(origin: Origin, known: readonly Document<RootSigned>[]): Promise<Offered> {
  const { roots, rootsThere } = await readRoots(origin, known)
  const found = await origin.get(originPath.metadata('timestamp.json'), METADATA_BYTES_MAX.timestamp)
  if (found === undefined) return { set: new MetadataSet({ roots }), rootsThere, timestampTag: undefined }

  const timestamp = decode<TimestampSigned>(origin, 'timestamp', found.bytes)
  const byRoot = (role: 'timestamp' | 'snapshot' | 'targets'): Authority[] =>
    roots.map(({ signed }) => rootAuthority(signed, role))
  if (!byRoot('timestamp').some((authority) => isSignedBy(timestamp, authority))) {
    throw new SeederError('ORIGIN_FOREIGN', `${origin.uri} has a timestamp that no key of this repository signed`)
  }
  const snapshot = await readNamed<SnapshotSigned>(origin, 'snapshot', timestamp.signed.meta['snapshot.json'])
  vouch(origin, 'snapshot', snapshot, byRoot('snapshot'))
  const { 'targets.json': targetsMeta, ...others } = snapshot.signed.meta
  const targets = await readNamed<TargetsSigned>(origin, 'targets', targetsMeta)
  vouch(origin, 'targets', targets, byRoot('targets'))
  const releases = await readReleases(origin, targets, others)
  const set = new MetadataSet({ roots, targets, releases, snapshot, timestamp })
  return { set, rootsThere, timestampTag: found.tag }
}

async function readRoots(
  origin: Origin,
  known: readonly Document<RootSigned>[],
): Promise<{ roots: Document<RootSigned>[]; rootsThere: number }> {
  const roots = [...known]
  let rootsThere = 0
  while (rootsThere < ROOTS_MAX) {
    const version = rootsThere + 1
    const file = metadataFile('root', version)
    const found = await origin.get(originPath.metadata(file), METADATA_BYTES_MAX.root)
    if (found === undefined) break
    const own = roots[rootsThere]
    const before = roots[rootsThere - 1]
    if (own === undefined && before !== undefined) {
      const next = decode<RootSigned>(origin, 'root', found.bytes)
      const authorities = [rootAuthority(before.signed, 'root'), rootAuthority(next.signed, 'root')]
      for (const authority of authorities) vouch(origin, 'root', next, [authority])
      if (next.signed.version !== version) throw corrupt(origin, `${file} has version ${next.signed.version}`)
      roots.push(next)
    } else if (own === undefined || Buffer.compare(own.bytes, found.bytes) !== 0) {
      throw new SeederError('ORIGIN_FOREIGN', `${file} at ${origin.uri} is not the one of this repository`)
    }
    rootsThere = version
  }
  return { roots, rootsThere }
}

async function readReleases(
  origin: Origin,
  targets: Document<TargetsSigned>,
  files: SnapshotSigned['meta'],
): Promise<Map<string, Document<TargetsSigned>>> {
  const read = async ([file, meta]: [string, FileMeta]): Promise<[string, Document<TargetsSigned>] | undefined> => {
    const role = file.replace(/\.json$/, '')
    const authority = releaseAuthority(targets.signed, role)
    // A channel that is gone.
    if (authority === undefined) return undefined
    const document = await readNamed<TargetsSigned>(origin, role, meta)
    vouch(origin, role, document, [authority])
    return [role, document]
  }
  const releases = new Map<string, Document<TargetsSigned>>()
  for await (const found of mapInOrder(ORIGIN_CONCURRENCY, read)(Object.entries(files))) {
    if (found !== undefined) releases.set(...found)
  }
  return releases
}

/** A versioned file, exactly as other metadata names it. */
async function readNamed<S extends SnapshotSigned | TargetsSigned>(
  origin: Origin,
  role: string,
  meta: FileMeta | undefined,
): Promise<Document<S>> {
  if (meta === undefined) throw corrupt(origin, `its snapshot names no ${role}`)
  const file = metadataFile(role, meta.version)
  const kind = role === 'snapshot' ? 'snapshot' : 'targets'
  const found = await origin.get(originPath.metadata(file), METADATA_BYTES_MAX[kind])
  if (found === undefined) throw corrupt(origin, `${file} is missing`)
  if (Buffer.from(sha256(found.bytes)).toString('hex') !== meta.hashes.sha256) {
    throw corrupt(origin, `${file} is not the one that was published`)
  }
  return decode<S>(origin, kind, found.bytes)
}

function decode<S extends AnySigned>(origin: Origin, kind: S['_type'], bytes: Uint8Array): Document<S> {
  try {
    return decodeDocument<S>(kind, bytes)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    throw corrupt(origin, `${kind}: ${error.message}`, error)
  }
}

function vouch(origin: Origin, role: string, document: Document, authorities: readonly Authority[]): void {
  if (authorities.some((authority) => isSignedBy(document, authority))) return
  throw corrupt(origin, `${role} version ${document.signed.version} is not signed by enough of its keys`)
}

function corrupt(origin: Origin, message: string, cause?: unknown): SeederError {
  return new SeederError('ORIGIN_CORRUPT', `metadata at ${origin.uri}: ${message}`, { cause })
}
