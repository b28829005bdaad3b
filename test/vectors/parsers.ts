import {
  chunkStream,
  encodeManifest,
  encodePackIndex,
  findRelease,
  parseBlockId,
  parseMetadata,
  parseName,
  parsePackIndex,
  parsePolicy,
  parseReleaseId,
  parseTarget,
  parseTrustedRoot,
  parseVersion,
  readManifest,
  readReleaseTarget,
  refreshMetadata,
  verifyCredential,
  verifyReport,
  verifyRevocations,
  type Chunking,
  type Kind,
  type Manifest,
} from '@shoal/release'
import { fromFiles } from '../trust/from-files.ts'
import { describeManifest, hex } from './describe.ts'
import { seededBytes } from './generate/seeded.ts'
import { inputOf } from './input-of.ts'

type Content = Record<string, unknown>
/** Reads what a vector holds, and returns it in the form of the vector's `expect`. */
export type Parse = (content: Content) => unknown

export const PARSERS: Record<string, Parse> = {
  manifest: parseManifest,
  'pack-index': parseIndex,
  metadata: (content) => {
    const { signed } = parseMetadata(content['kind'] as Kind, Buffer.from(content['text'] as string))
    return { version: signed.version, expires: signed.expires }
  },
  root: (content) => {
    const { fleet, version, enrolmentKeys } = parseTrustedRoot(Buffer.from(content['text'] as string))
    return { fleet, version, enrolmentKeys: enrolmentKeys?.map(hex) }
  },
  target: (content) => {
    const { custom, ...file } = content['file'] as { length: number; hashes: Record<string, string>; custom: never }
    return readReleaseTarget(content['path'] as string, { ...file, unrecognizedFields: { custom } })
  },
  refresh: parseRefresh,
  credential: (content) => verifyCredential(content['bytes'] as Uint8Array, content['keys'] as Uint8Array[]),
  revocations: (content) => verifyRevocations(content['bytes'] as Uint8Array, content['keys'] as Uint8Array[]),
  policy: (content) => {
    const { policy, metadata } = parsePolicy(Buffer.from(content['text'] as string))
    return { ...policy, expires: metadata.signed.expires }
  },
  report: (content) => verifyReport(content['bytes'] as Uint8Array),
  names: parseNames,
  chunking: parseChunking,
}

/** A refresh that ends at the first thing it refuses; what it trusts, by role and version. */
async function parseRefresh(content: Content): Promise<unknown> {
  const bytesOf = (texts: unknown): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(texts as Record<string, string>).map(([name, text]) => [name, Buffer.from(text)]))
  const stored = {
    roots: [Buffer.from(content['root'] as string)],
    roles: new Map(Object.entries(bytesOf(content['stored']))),
  }
  const refreshed = await refreshMetadata(stored, fromFiles(bytesOf(content['files'])), {
    now: new Date(content['now'] as string),
    onProblem: (error) => {
      throw error
    },
  })
  await findRelease(refreshed, { product: 'demo', channel: 'stable', platform: 'any' })
  const { set } = refreshed
  const versions = [...set.files().roles.keys()].map((role) => {
    const metadata = role === 'timestamp' ? set.timestamp : role === 'snapshot' ? set.snapshot : set.role(role)
    return [role, metadata?.signed.version] as const
  })
  return { root: set.root.signed.version, ...Object.fromEntries(versions) }
}

async function parseManifest(content: Content): Promise<unknown> {
  const blocks = content['blocks'] as Record<string, Uint8Array>
  // A block that is not there is a block with the wrong bytes.
  const getBlock = async (wanted: string): Promise<Uint8Array> => blocks[wanted] ?? new Uint8Array()
  const manifest = await readManifest(parseReleaseId(content['id'] as string), getBlock)
  const again = encodeManifest(inputOf(manifest))
  if (again.id !== manifest.id) throw new Error('the manifest encodes to another id')
  return describeManifest(manifest)
}

function parseIndex(content: Content): unknown {
  const id = parseReleaseId(content['id'] as string)
  const sizes = Uint32Array.from(content['chunkSizes'] as number[])
  const bytes = content['bytes'] as Uint8Array
  const chunks = { count: sizes.length, sizes } as Manifest['chunks']
  const index = parsePackIndex(bytes, { id, chunks })
  if (Buffer.compare(encodePackIndex(id, index), bytes) !== 0) throw new Error('the index encodes to other bytes')
  return { packs: index.packs, pack: [...index.pack], offset: [...index.offset], length: [...index.length] }
}

function parseNames(content: Content): unknown {
  const text = content['text'] as string
  switch (content['kind']) {
    case 'target':
      return parseTarget(text)
    case 'name':
      return parseName(text)
    case 'version':
      return parseVersion(text)
    case 'id':
      return parseBlockId(text)
    default:
      throw new Error(`no such kind of name: ${String(content['kind'])}`)
  }
}

async function parseChunking(content: Content): Promise<unknown> {
  const { seed, byte, length } = (content['source'] ?? { byte: 0, length: 0 }) as Record<string, number | string>
  const size = Number(length)
  const bytes = typeof seed === 'string' ? seededBytes(seed, size) : new Uint8Array(size).fill(Number(byte))
  const sizes: number[] = []
  for await (const chunk of chunkStream(slices(bytes), content['chunking'] as Chunking)) sizes.push(chunk.length)
  return { sizes }
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007)
}
