import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../cid.ts'
import type { Chunking } from './choose.ts'
import { chunkStream } from './stream.ts'

const SMALL: Chunking = { min: 1024, avg: 2048, max: 8192 }

/** Random bytes with stretches of one byte among them, as real files have. */
const content = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 255 }), fc.boolean()), {
    maxLength: 6,
  })
  .map((parts) =>
    Buffer.concat(parts.map(([length, seed, flat]) => (flat ? Buffer.alloc(length, seed) : noise(length, seed)))),
  )

function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed + 1
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

async function* slices(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const length = lengths.length === 0 ? bytes.length : (lengths[turn % lengths.length] ?? 1)
    yield bytes.subarray(at, at + length)
    at += length
  }
}

async function chunksOf(bytes: Uint8Array, lengths: readonly number[] = [], chunking = SMALL): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of chunkStream(slices(bytes, lengths), chunking)) chunks.push(Buffer.from(chunk))
  return chunks
}

test('the cuts do not depend on how the source is sliced', async () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 30_000 })), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(content, lengths, async (bytes, some) => {
      // A slicing of nothing but empty pieces would never end.
      const sliced = await chunksOf(bytes, [...some, 4096])
      expect(sliced.map((chunk) => chunk.length)).toEqual((await chunksOf(bytes)).map((chunk) => chunk.length))
    }),
    { numRuns: 60 },
  )
})

test('the chunks joined are the source, and each has a size that the chunking allows', async () => {
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      const chunks = await chunksOf(bytes, [777])
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
      chunks.forEach((chunk, at) => {
        expect(chunk.length).toBeGreaterThanOrEqual(at + 1 === chunks.length ? 1 : SMALL.min)
        expect(chunk.length).toBeLessThanOrEqual(SMALL.max)
      })
    }),
    { numRuns: 60 },
  )
})

test('an insertion changes only the chunks around it', async () => {
  const bytes = noise(400_000, 7)
  const before = new Set((await chunksOf(bytes)).map(digest))
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 400_000 }),
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      async (at, more) => {
        const after = await chunksOf(Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]))
        const fresh = after.filter((chunk) => !before.has(digest(chunk)))
        expect(fresh.length).toBeLessThanOrEqual(10)
      },
    ),
    { numRuns: 30 },
  )
})

test('chunks are about as large as the chunking says', async () => {
  const chunks = await chunksOf(noise(4_000_000, 3), [65_536], { min: 4096, avg: 16_384, max: 65_536 })
  const mean = 4_000_000 / chunks.length
  expect(mean).toBeGreaterThan(16_384 * 0.8)
  expect(mean).toBeLessThan(16_384 * 1.5)
})

test('one buffer of eight largest chunks serves a stream of any length', async () => {
  const buffers = new Set<ArrayBufferLike>()
  for await (const chunk of chunkStream(slices(noise(1_000_000, 5), [50_000]), SMALL)) buffers.add(chunk.buffer)
  expect([...buffers].map((buffer) => buffer.byteLength)).toEqual([8 * SMALL.max])
})

test('an error of the source comes through', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield noise(100, 1)
    throw new Error('the disk is gone')
  }
  await expect(chunkStream(failing(), SMALL).next()).rejects.toThrow('the disk is gone')
})

function digest(bytes: Uint8Array): string {
  return Buffer.from(sha256(bytes)).toString('hex')
}
