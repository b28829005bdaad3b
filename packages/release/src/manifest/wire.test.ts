import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockIdOf } from '../cid.ts'
import { decodeCanonical, encode, isByteString, isRecord, verifyBlock, viewByteString } from './wire.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

test('only the one encoding of a value is read', () => {
  expect(decodeCanonical(bytesOf('8101'))).toEqual([1])
  for (const hex of [
    '811801',
    '9f01ff',
    '810100',
    '81',
    'a2616201616101',
    'a2616101616101',
    '81fb3ff0000000000000',
    '81f97c00',
  ]) {
    expect(decodeCanonical(bytesOf(hex))).toBeUndefined()
  }
})

test('a byte string is read where it lies, as decoding would read it', () => {
  for (const length of [0, 1, 23, 24, 255, 256, 65_535, 65_536]) {
    const block = encode(new Uint8Array(length).fill(7))
    expect(viewByteString(block)).toEqual(decodeCanonical(block))
    expect(viewByteString(block)?.buffer).toBe(block.buffer)
  }
  const starts = [
    '40',
    '41',
    '57',
    '58',
    '5800',
    '5817',
    '5818',
    '59',
    '590000',
    '5900ff',
    '590100',
    '5a0000ffff',
    '5f',
    '5b',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      const block = Uint8Array.from([...bytesOf(start), ...rest])
      expect(isByteString(block)).toBe(true)
      expect(viewByteString(block)).toEqual(decodeCanonical(block))
    }),
  )
})

test('no nesting overflows the stack', () => {
  for (let depth = 100; depth < 200_000; depth = Math.ceil(depth * 1.3)) {
    const nested = new Uint8Array(depth).fill(0x81)
    nested[depth - 1] = 0x80
    expect(() => decodeCanonical(nested)).not.toThrow()
  }
})

test('a key named __proto__ makes no prototype', () => {
  const value = decodeCanonical(bytesOf('a1695f5f70726f746f5f5fa1617801'))
  expect(isRecord(value) && 'x' in value).toBe(false)
})

test('bytes are held to the id, and to a size', () => {
  const bytes = bytesOf('8101')
  expect(() => verifyBlock(blockIdOf(bytes), bytes)).not.toThrow()
  expect(() => verifyBlock(blockIdOf(bytes), bytes, 1)).toThrow('more than 1')
  expect(() => verifyBlock(blockIdOf(bytes), bytesOf('8102'))).toThrow('do not match')
})
