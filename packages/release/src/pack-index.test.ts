import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockIdOf, parseReleaseId, sha256 } from './cid.ts'
import type { ChunkTable } from './manifest/chunk-table.ts'
import { encodePackIndex, frameBytesMax, packIndexBytesMax, parsePackIndex, type PackIndex } from './pack-index.ts'

const ID = parseReleaseId(blockIdOf(Buffer.from('a release')))
const manifest = (sizes: Uint32Array) => ({ id: ID, chunks: { count: sizes.length, sizes } as ChunkTable })

const frame = fc.record({
  size: fc.integer({ min: 1, max: 1_048_576 }),
  pack: fc.integer({ min: 0, max: 5 }),
  offset: fc.integer({ min: 0, max: 1_000_000 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('every index comes back as it was, its packs in the order of first use', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const index: PackIndex = {
        packs: Array.from({ length: 6 }, (_, i) => ({
          sha256: Buffer.from(sha256(Buffer.of(i))).toString('hex'),
          length: 3_000_000,
        })),
        pack: Uint32Array.from(frames, ({ pack }) => pack),
        offset: Uint32Array.from(frames, ({ offset }) => offset),
        length: Uint32Array.from(frames, ({ size, part }) => 1 + Math.floor(part * (frameBytesMax(size) - 1))),
      }
      const sizes = Uint32Array.from(frames, ({ size }) => size)
      const bytes = encodePackIndex(ID, index)
      const parsed = parsePackIndex(bytes, manifest(sizes))
      frames.forEach((_, chunk) => {
        expect(parsed.packs[parsed.pack[chunk] ?? -1]).toEqual(index.packs[index.pack[chunk] ?? -1])
      })
      expect(parsed.offset).toEqual(index.offset)
      expect(parsed.length).toEqual(index.length)
      expect(Buffer.compare(encodePackIndex(ID, parsed), bytes)).toBe(0)
      expect(bytes.length).toBeLessThanOrEqual(packIndexBytesMax(frames.length))
    }),
    { numRuns: 100 },
  )
})
