import {
  chunkStream,
  encodeManifest,
  encodePackIndex,
  parseBlockId,
  parseName,
  parsePackIndex,
  parseReleaseId,
  parseTarget,
  parseTrustedRoot,
  parseVersion,
  readManifest,
  verifyStatement,
  type Chunking,
  type Manifest,
  type Target,
} from '@shoal/release'
import { describeManifest, hex } from './describe.ts'
import { seededBytes } from './generate/seeded.ts'
import { inputOf } from './input-of.ts'

type Content = Record<string, unknown>
/** Reads what a vector holds, and returns it in the form of the vector's `expect`. */
export type Parse = (content: Content) => unknown

export const PARSERS: Record<string, Parse> = {
  manifest: parseManifest,
  'pack-index': parseIndex,
  statement: (content) => {
    const root = parseTrustedRoot(Buffer.from(JSON.stringify(content['root'])))
    return verifyStatement(content['bytes'] as Uint8Array, root, content['wanted'] as Target)
  },
  root: (content) => {
    const { fleet, keys } = parseTrustedRoot(Buffer.from(content['text'] as string))
    return { fleet, keys: keys.map(({ keyId, publicKey }) => ({ keyId, publicKey: hex(publicKey) })) }
  },
  names: parseNames,
  chunking: parseChunking,
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
