import { expect, it } from 'vitest'
import { letGo, letGoOfPiece } from './let-go.ts'

const SIZE = 64 << 10
const partOf = (start: number, end: number): Uint8Array => new Uint8Array(SIZE).subarray(start, end)

it('frees bytes that have their buffer to themselves, and no others', () => {
  const [whole, part] = [partOf(0, SIZE), partOf(1, SIZE)]
  letGo(whole)
  letGo(part)
  expect([whole.length, part.length]).toEqual([0, SIZE - 1])
})

it('frees what a piece of a body lies in when nothing comes after it, and never a buffer of many', () => {
  const [last, first, small] = [partOf(300, SIZE), partOf(0, SIZE - 1), Buffer.from('of many')]
  for (const piece of [last, first, small]) letGoOfPiece(piece)
  expect([last.length, first.length, small.toString()]).toEqual([0, SIZE - 1, 'of many'])
})
