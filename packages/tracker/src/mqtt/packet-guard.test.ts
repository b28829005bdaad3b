import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPacketGuard } from './packet-guard.ts'

/** The length is written seven bits a byte, the lowest first. */
function packet(bytes: number): Uint8Array {
  const header = [0x30]
  let left = bytes
  do {
    header.push((left % 128) | (left >= 128 ? 0x80 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.concat([new Uint8Array(header), new Uint8Array(bytes)])
}

function isBroken(stream: Uint8Array, pieceBytes: number, bytesMax: number): boolean {
  const guard = createPacketGuard(bytesMax)
  for (let at = 0; at < stream.length; at += pieceBytes) {
    if (guard.isBroken(stream.subarray(at, at + pieceBytes))) return true
  }
  return false
}

test('lets packets up to the limit pass, however they are cut, and none above it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 10, max: 50_000 }),
      (sizes, pieceBytes, bytesMax) => {
        const isTooLarge = sizes.some((size) => size > bytesMax)
        expect(isBroken(Buffer.concat(sizes.map(packet)), pieceBytes, bytesMax)).toBe(isTooLarge)
      },
    ),
    { numRuns: 50 },
  )
})

test('refuses a length that does not end', () => {
  expect(isBroken(new Uint8Array([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), 1, 1e9)).toBe(true)
  expect(isBroken(new Uint8Array([0x30, 0xff, 0xff, 0xff, 0x7f]), 5, 1e6)).toBe(true)
})
