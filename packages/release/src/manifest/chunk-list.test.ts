import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../cid.ts'
import { CHUNK_ITEM_BYTES, isDivided, splitChunks } from './chunk-list.ts'

const COUNT = 9000
const items = new Uint8Array(COUNT * CHUNK_ITEM_BYTES)
for (let chunk = 0; chunk < COUNT; chunk++) items.set(sha256(Buffer.from(String(chunk))), chunk * CHUNK_ITEM_BYTES)

function cutAt(ends: readonly number[]): Uint8Array[] {
  const all = [0, ...ends, COUNT]
  return all.slice(1).map((end, at) => items.subarray((all[at] ?? 0) * CHUNK_ITEM_BYTES, end * CHUNK_ITEM_BYTES))
}

function endsOf(lists: readonly Uint8Array[]): number[] {
  let end = 0
  return lists.slice(0, -1).map((list) => (end += list.length / CHUNK_ITEM_BYTES))
}

const ENDS = endsOf(splitChunks(items))

test('the lists that a writer makes are divided where the format divides them', () => {
  expect(ENDS.length).toBeGreaterThan(3)
  expect(isDivided(splitChunks(items))).toBe(true)
})

test('no other division of the same items passes', () => {
  const place = fc.integer({ min: 1, max: COUNT - 1 })
  const changes = fc.oneof(
    fc.record({ add: place.filter((end) => !ENDS.includes(end)) }),
    fc.record({ remove: fc.constantFrom(...ENDS) }),
  )
  fc.assert(
    fc.property(changes, (change) => {
      const ends = 'add' in change ? [...ENDS, change.add] : ENDS.filter((end) => end !== change.remove)
      return !isDivided(cutAt(ends.sort((a, b) => a - b)))
    }),
  )
})
