import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_CHUNKING } from '../chunking/choose.ts'
import { sha256, type BlockId } from '../cid.ts'
import { encodeManifest, type Block } from './encode.ts'
import type { EntryInput } from './entry.ts'
import type { Manifest } from './manifest.ts'
import { readManifest } from './read.ts'
import { checkTree } from './tree.ts'

const NAMES = { product: 'demo', version: '1.0.0', platform: 'any', chunking: DEFAULT_CHUNKING }

const segment = fc.constantFrom('a', 'b', 'lib', 'ü', '日本', '\u{1F41F}', 'index.js', 'x y')
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const chunkCount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 900 }) },
)

const entry: fc.Arbitrary<EntryInput> = fc.oneof(
  fc
    .tuple(path, chunkCount, fc.integer({ min: 0, max: 9 }), fc.boolean())
    .map(([at, count, seed, executable]) => fileOf(at, count, seed, executable)),
  path.map((at): EntryInput => ({ kind: 'directory', path: at })),
  fc.tuple(path, segment).map(([at, target]): EntryInput => ({ kind: 'symlink', path: at, target })),
)

/** Whatever fits beside what is there already. */
const tree = fc.array(entry, { minLength: 1, maxLength: 25 }).map((entries) => {
  const kept: EntryInput[] = []
  for (const one of entries) if (fits([...kept, one])) kept.push(one)
  return kept
})

function fits(entries: EntryInput[]): boolean {
  try {
    checkTree(entries)
    return true
  } catch {
    return false
  }
}

function fileOf(at: string, count: number, seed: number, executable = false): EntryInput {
  const digests = new Uint8Array(count * 32)
  const sizes = Uint32Array.from({ length: count }, (_, chunk) => 16_384 + chunk)
  for (let chunk = 0; chunk < count; chunk++) digests.set(sha256(Buffer.from(`${seed} ${chunk}`)), chunk * 32)
  const size = sizes.reduce((sum, one) => sum + one, 0)
  const whole = count === 1 ? digests : sha256(Buffer.from(count === 0 ? '' : `${seed}`))
  return { kind: 'file', path: at, size, executable, sha256: whole, chunks: { digests, sizes } }
}

function read(id: Manifest['id'], blocks: readonly Block[], concurrency = 8): Promise<Manifest> {
  const byId = new Map(blocks.map((block) => [block.id, block.bytes]))
  return readManifest(id, async (wanted) => byId.get(wanted) ?? new Uint8Array(), { concurrency })
}

const plain = ({ chunks, spans, ...rest }: Manifest): unknown => ({
  ...rest,
  digests: Buffer.from(chunks.digests).toString('hex'),
  sizes: [...chunks.sizes],
  spans: [...spans.firstChunk],
})

test('what is read is what was written, in whatever order it was given', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.integer({ min: 1, max: 4 }), async (entries, concurrency) => {
      const { id, blocks, manifest } = encodeManifest({ ...NAMES, entries })
      expect(plain(await read(id, blocks, concurrency))).toEqual(plain(manifest))
      expect(encodeManifest({ ...NAMES, entries: entries.toReversed() }).id).toBe(id)
      expect(blocks.at(-1)?.id).toBe(id)
      expect(manifest.blockIds).toEqual(blocks.map((block) => block.id))
    }),
    { numRuns: 60 },
  )
})

test('a file in order of its chunks gives back its size and its digests', async () => {
  const file = fileOf('a', 700, 3)
  const { id, blocks } = encodeManifest({ ...NAMES, entries: [file] })
  const { entries, chunks } = await read(id, blocks)
  const [only] = entries
  if (only?.kind !== 'file' || file.kind !== 'file') throw new Error('not a file')
  const digests = Buffer.concat(Array.from(only.chunks, (chunk) => chunks.digest(chunk)))
  expect(digests.equals(file.chunks.digests)).toBe(true)
})

test('one more file leaves all blocks but two as they were', () => {
  const files = Array.from({ length: 8000 }, (_, i) => fileOf(`lib/${i}`, 1, i))
  const before = new Set(encodeManifest({ ...NAMES, entries: files }).blocks.map((block) => block.id))
  const after = encodeManifest({ ...NAMES, entries: [...files, fileOf('lib/4000a', 1, 1)] }).blocks
  expect(before.size).toBeGreaterThan(5)
  expect(after.filter((block) => !before.has(block.id)).length).toBe(2)
})

test('a block that cannot be had ends the reading with its error, and with no other', async () => {
  const entries = Array.from({ length: 40 }, (_, i) => fileOf(`f${i}`, 100, i))
  const { id, blocks } = encodeManifest({ ...NAMES, entries })
  const byId = new Map(blocks.map((block) => [block.id, block.bytes]))
  const asked: BlockId[] = []
  const getBlock = async (wanted: BlockId): Promise<Uint8Array> => {
    asked.push(wanted)
    const bytes = byId.get(wanted)
    if (bytes === undefined || asked.length > 5) throw new Error(`no block ${wanted}`)
    return bytes
  }
  await expect(readManifest(id, getBlock, { concurrency: 4 })).rejects.toThrow('no block')
  expect(asked.length).toBeLessThan(12)
})

test('no more blocks are asked for at once than allowed', async () => {
  const entries = Array.from({ length: 40 }, (_, i) => fileOf(`f${i}`, 100, i))
  const { id, blocks } = encodeManifest({ ...NAMES, entries })
  const byId = new Map(blocks.map((block) => [block.id, block.bytes]))
  let running = 0
  let most = 0
  const getBlock = async (wanted: BlockId): Promise<Uint8Array> => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    return byId.get(wanted) ?? new Uint8Array()
  }
  await readManifest(id, getBlock, { concurrency: 3 })
  expect(most).toBeLessThanOrEqual(3)
})

test('the writer refuses what the reader would refuse', () => {
  const file = fileOf('a', 3, 1)
  if (file.kind !== 'file') throw new Error('not a file')
  expect(() => encodeManifest({ ...NAMES, entries: [] })).toThrow('at least one entry')
  expect(() => encodeManifest({ ...NAMES, entries: [{ ...file, size: 1 }] })).toThrow('its chunks')
  expect(() => encodeManifest({ ...NAMES, entries: [{ ...file, sha256: new Uint8Array(31) }] })).toThrow('32 bytes')
  expect(() => encodeManifest({ ...NAMES, version: '1/2', entries: [file] })).toThrow('version')
  expect(() => encodeManifest({ ...NAMES, entries: [{ ...file, path: '../a' }] })).toThrow('segment')
  const short = { digests: new Uint8Array(32), sizes: file.chunks.sizes }
  expect(() => encodeManifest({ ...NAMES, entries: [{ ...file, chunks: short }] })).toThrow('bytes of digests')
})
