import { expect, test } from 'vitest'
import { sha256 } from '../cid.ts'
import { createChunkTable } from './chunk-table.ts'

const digestOf = (i: number): Uint8Array => sha256(Buffer.from(`chunk ${i}`))

test('chunks stand once, in the order of first use, and are found by digest', () => {
  const builder = createChunkTable()
  for (let i = 0; i < 5000; i++) expect(builder.add(digestOf(i), 0, i + 1)).toBe(i)
  for (let i = 4999; i >= 0; i -= 7) expect(builder.add(digestOf(i), 0, i + 1)).toBe(i)
  const table = builder.finish()
  expect(table.count).toBe(5000)
  expect(table.bytes).toBe((5000 * 5001) / 2)
  expect(table.digests.length).toBe(5000 * 32)
  expect(table.sizes[4999]).toBe(5000)
  expect(table.find(digestOf(4321))).toBe(4321)
  expect(table.find(digestOf(5001))).toBeUndefined()
  expect(Buffer.compare(table.digest(17), digestOf(17))).toBe(0)
})

test('digests that begin alike are told apart', () => {
  const builder = createChunkTable()
  const alike = (last: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? last : 1))
  for (let i = 0; i < 200; i++) expect(builder.add(alike(i), 0, 1)).toBe(i)
  const table = builder.finish()
  expect(table.find(alike(150))).toBe(150)
  expect(table.find(alike(201))).toBeUndefined()
})
