import { expect, test } from 'vitest'
import { chooseChunking, DEFAULT_CHUNKING } from './choose.ts'
import { findCut } from './cut.ts'
import { GEAR } from './gear.ts'

const CHUNKING = { min: 1024, avg: 2048, max: 8192 }

test('a byte repeated is cut at the largest size', () => {
  expect(findCut(new Uint8Array(10_000), 0, 10_000, CHUNKING)).toBe(8192)
})

test('what is not longer than the smallest size stays whole', () => {
  expect(findCut(new Uint8Array(1024), 0, 1024, CHUNKING)).toBe(1024)
  expect(findCut(new Uint8Array(5000), 4000, 4001, CHUNKING)).toBe(4001)
})

/** The definition, word for word: slow, and with a window for every position. */
function slowCut(buffer: Uint8Array, start: number, end: number): number {
  for (let at = start + CHUNKING.min; at < Math.min(end, start + CHUNKING.max); at++) {
    let hash = 0n
    for (let back = 32; back > 0; back--)
      hash = (hash * 2n + BigInt.asUintN(32, BigInt(GEAR[buffer[at - back] ?? 0] ?? 0))) % 2n ** 32n
    const zeroBits = at < start + CHUNKING.avg ? 13n : 9n
    if (hash >> (32n - zeroBits) === 0n) return at
  }
  return Math.min(end, start + CHUNKING.max)
}

test('the fast cut is the cut that the specification defines', () => {
  const buffer = new Uint8Array(60_000)
  let state = 99
  for (let at = 0; at < buffer.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    buffer[at] = state >>> 23
  }
  for (let start = 0; start < buffer.length;) {
    const cut = findCut(buffer, start, buffer.length, CHUNKING)
    expect(cut).toBe(slowCut(buffer, start, buffer.length))
    start = cut
  }
})

test('releases above 16 GiB start with chunks four times larger', () => {
  expect(chooseChunking(2 ** 34)).toEqual(DEFAULT_CHUNKING)
  expect(chooseChunking(2 ** 34 + 1)).toEqual({ min: 65_536, avg: 262_144, max: 1_048_576 })
})
