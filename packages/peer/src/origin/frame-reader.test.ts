import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader } from './frame-reader.ts'

const object = Uint8Array.from({ length: 300 }, (_, i) => i % 251)
const frames = [
  { chunk: 7, offset: 20, length: 30 },
  { chunk: 8, offset: 50, length: 1 },
  { chunk: 9, offset: 120, length: 100 },
]

test('cuts the same frames out however the bytes are split, broken off and resumed', () => {
  const split = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(
      split,
      fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 5 }),
      fc.boolean(),
      (pieces, breaks, whole) => {
        const reader = createFrameReader(frames)
        const got = []
        for (const length of [...breaks, object.length]) {
          // Either the rest of the range, or the whole object from its start again.
          const start = whole ? 0 : reader.next
          reader.begin(start)
          const body = object.subarray(start, start + length)
          for (let at = 0, n = 0; at < body.length; n++) {
            const piece = body.subarray(at, at + (pieces[n % pieces.length] ?? 1))
            at += piece.length
            for (const { frame, bytes } of reader.feed(piece)) got.push([frame.chunk, ...bytes])
          }
        }
        expect(got).toEqual(
          frames.map(({ chunk, offset, length }) => [chunk, ...object.subarray(offset, offset + length)]),
        )
        expect(reader.done).toBe(true)
        expect(reader.unfinished).toEqual([])
      },
    ),
  )
})

test('counts what belonged to no frame', () => {
  const reader = createFrameReader(frames)
  reader.begin(20)
  expect([...reader.feed(object.subarray(20, 250))]).toHaveLength(3)
  expect(reader.skippedBytes).toBe(69 + 30)
})
