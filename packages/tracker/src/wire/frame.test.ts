import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameReader, encodeFrame } from './frame.ts'

const PAYLOAD_BYTES_MAX = 200

/** Cuts bytes at the given places; pieces may be empty. */
function cutAt(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
}

describe('a frame', () => {
  it('comes back whole, however it was cut on the way', () => {
    const payload = fc.uint8Array({ maxLength: PAYLOAD_BYTES_MAX })
    fc.assert(
      fc.property(payload, fc.array(fc.nat()), (sent, places) => {
        const reader = createFrameReader(PAYLOAD_BYTES_MAX)
        const results = cutAt(encodeFrame(sent), places).map((piece) => reader.push(piece))
        expect(results.at(-1)).toEqual(sent)
      }),
    )
  })

  it('never yields more than the limit, and nothing but FRAME_INVALID is thrown, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (pieces) => {
        const reader = createFrameReader(PAYLOAD_BYTES_MAX)
        try {
          for (const piece of pieces) {
            const payload = reader.push(piece)
            if (payload === undefined) continue
            expect(payload.length).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX)
            return
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'FRAME_INVALID' })
        }
      }),
    )
  })

  it('is refused by its length, before the rest of it is there', () => {
    const reader = createFrameReader(PAYLOAD_BYTES_MAX)
    expect(() => reader.push(Uint8Array.of(0, 0, 0, 201))).toThrow(/at most 200/)
  })

  it('is refused with bytes after its end', () => {
    const reader = createFrameReader(PAYLOAD_BYTES_MAX)
    expect(() => reader.push(Uint8Array.of(0, 0, 0, 1, 7, 8))).toThrow(/after the end/)
  })
})
