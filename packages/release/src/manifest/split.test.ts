import { expect, test } from 'vitest'
import { sha256 } from '../cid.ts'
import { LIST_BYTES_MAX, LIST_ITEMS_MAX, LIST_ITEMS_MIN } from '../limits.ts'
import { digestTail, splitLists } from './split.ts'

function split(names: readonly string[], sizeOf = () => 36): number[] {
  const tails = names.map((name) => digestTail(sha256(Buffer.from(name))))
  return splitLists({ count: names.length, sizeOf, tailOf: (item) => tails[item] ?? 1 })
}

function listsOf(names: readonly string[]): string[] {
  let first = 0
  return split(names).map((end) => {
    const list = names.slice(first, end).join()
    first = end
    return list
  })
}

const names = Array.from({ length: 20_000 }, (_, i) => `file ${i}`)

test('an inserted item leaves nearly all lists as they were', () => {
  const before = new Set(listsOf(names))
  const after = listsOf(names.toSpliced(10_000, 0, 'a new file'))
  expect(after.filter((list) => !before.has(list)).length).toBeLessThanOrEqual(2)
  expect(after.length).toBeGreaterThan(10)
})

test('a boundary counts only from 256 items on', () => {
  const ends = splitLists({ count: 600, sizeOf: () => 1, tailOf: () => 0x0400 })
  expect(ends).toEqual([LIST_ITEMS_MIN, 2 * LIST_ITEMS_MIN, 600])
})

test('without a boundary a list ends at 4096 items', () => {
  expect(splitLists({ count: 5000, sizeOf: () => 1, tailOf: () => 1 })).toEqual([LIST_ITEMS_MAX, 5000])
})

test('a list ends before the item that would bring it above 1 MiB', () => {
  const half = LIST_BYTES_MAX / 2
  expect(splitLists({ count: 3, sizeOf: () => half, tailOf: () => 1 })).toEqual([2, 3])
  expect(splitLists({ count: 3, sizeOf: () => half + 1, tailOf: () => 1 })).toEqual([1, 2, 3])
})

test('nothing makes no list', () => {
  expect(split([])).toEqual([])
})
