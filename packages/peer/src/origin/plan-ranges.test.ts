import fc from 'fast-check'
import type { PackIndex } from '@shoal/release'
import { expect, test } from 'vitest'
import { planRanges } from './plan-ranges.ts'

const bounds = { rangeBytesMax: 5_000, gapBytesMax: 100 }

/** Frames one after the other, each after a gap; a new pack where asked. */
function lay(frames: { gap: number; length: number; newPack: boolean }[]) {
  const index = {
    packs: [] as { sha256: string; length: number }[],
    pack: new Uint32Array(frames.length),
    offset: new Uint32Array(frames.length),
    length: new Uint32Array(frames.length),
  }
  for (const [chunk, { gap, length, newPack }] of frames.entries()) {
    if (chunk === 0 || newPack) index.packs.push({ sha256: String(chunk), length: 0 })
    const pack = index.packs.at(-1) ?? { length: 0 }
    index.pack[chunk] = index.packs.length - 1
    index.offset[chunk] = pack.length + gap
    index.length[chunk] = length
    pack.length += gap + length
  }
  return { index: index satisfies PackIndex, chunks: { count: frames.length, sizes: index.length } }
}

const frame = fc.record({
  gap: fc.integer({ min: 0, max: 150 }),
  length: fc.integer({ min: 1, max: 3_000 }),
  newPack: fc.boolean(),
})

test('every wanted chunk is in exactly one range, inside its pack, and no range is over the cap', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.nat(59)), (frames, picks) => {
      const { index, chunks } = lay(frames)
      const wanted = [...picks.take(40)].filter((chunk) => chunk < frames.length)
      const { ranges, refused } = planRanges(wanted, index, chunks, bounds)
      expect(refused).toEqual([])
      const planned = ranges.flatMap((range) => range.frames.map(({ chunk }) => chunk))
      expect(planned.toSorted((a, b) => a - b)).toEqual([...new Set(wanted)].toSorted((a, b) => a - b))
      for (const range of ranges) {
        expect(range.end - range.start).toBeLessThanOrEqual(bounds.rangeBytesMax)
        expect(range.end).toBeLessThanOrEqual(index.packs[range.pack]?.length ?? 0)
        expect(range.start).toBe(range.frames[0]?.offset)
        let at = range.start
        for (const { chunk, offset, length } of range.frames) {
          expect([range.pack, offset, length]).toEqual([index.pack[chunk], index.offset[chunk], index.length[chunk]])
          expect(offset - at).toBeGreaterThanOrEqual(0)
          expect(offset - at).toBeLessThanOrEqual(bounds.gapBytesMax)
          at = offset + length
        }
        expect(range.end).toBe(at)
      }
    }),
  )
})

test('whatever the index says, each wanted chunk is planned inside its pack or refused', () => {
  const place = fc.record({ pack: fc.nat(3), offset: fc.nat(12_000), length: fc.nat(7_000), size: fc.nat(7_000) })
  fc.assert(
    fc.property(fc.array(place, { maxLength: 30 }), (places) => {
      const index: PackIndex = {
        packs: [5_000, 9_000, 0].map((length) => ({ sha256: '', length })),
        pack: Uint32Array.from(places, ({ pack }) => pack),
        offset: Uint32Array.from(places, ({ offset }) => offset),
        length: Uint32Array.from(places, ({ length }) => length),
      }
      const wanted = [...places.keys(), places.length]
      const chunks = { count: places.length, sizes: Uint32Array.from(places, ({ size }) => size) }
      const { ranges, refused } = planRanges(wanted, index, chunks, bounds)
      const seen = [...refused, ...ranges.flatMap((range) => range.frames.map(({ chunk }) => chunk))]
      expect(seen.toSorted((a, b) => a - b)).toEqual(wanted)
      for (const { pack, start, end } of ranges) {
        expect(end - start).toBeLessThanOrEqual(bounds.rangeBytesMax)
        expect(end).toBeLessThanOrEqual(index.packs[pack]?.length ?? -1)
      }
    }),
  )
})

test('neighbours share a request, and a gap is read over only when it is small', () => {
  const { index, chunks } = lay([
    { gap: 0, length: 500, newPack: false },
    { gap: 100, length: 500, newPack: false },
    { gap: 101, length: 500, newPack: false },
  ])
  const { ranges } = planRanges([0, 1, 2], index, chunks, bounds)
  expect(ranges.map(({ start, end }) => [start, end])).toEqual([
    [0, 1100],
    [1201, 1701],
  ])
})

test('ranges come in the order in which their chunks were asked for', () => {
  const { index, chunks } = lay([0, 1, 2].map(() => ({ gap: 0, length: 10, newPack: true })))
  const { ranges } = planRanges([2, 0, 1], index, chunks, bounds)
  expect(ranges.map(({ pack }) => pack)).toEqual([2, 0, 1])
})

test('refuses a frame that overlaps another', () => {
  const { index, chunks } = lay([0, 1].map(() => ({ gap: 0, length: 100, newPack: false })))
  index.offset[1] = 99
  expect(planRanges([0, 1], index, chunks, bounds)).toMatchObject({ refused: [1], ranges: [{ start: 0, end: 100 }] })
})
