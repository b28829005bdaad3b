import { LIST_BOUNDARY_BITS, LIST_BYTES_MAX, LIST_ITEMS_MAX, LIST_ITEMS_MIN } from '../limits.ts'

export interface ListItems {
  count: number
  /** Encoded bytes of an item. */
  sizeOf: (item: number) => number
  /** Last 16 bits of the item's digest. */
  tailOf: (item: number) => number
}

const MASK = (1 << LIST_BOUNDARY_BITS) - 1

/**
 * Where each list ends (exclusive), so that an inserted item changes the list it falls into and not those after it.
 * A pure function of the items: one sequence has one division, and a reader holds the writer to it.
 */
export function splitLists({ count, sizeOf, tailOf }: ListItems): number[] {
  const ends: number[] = []
  let first = 0
  let bytes = 0
  for (let item = 0; item < count; item++) {
    const size = sizeOf(item)
    if (item > first && (item - first === LIST_ITEMS_MAX || bytes + size > LIST_BYTES_MAX)) {
      ends.push(item)
      first = item
      bytes = 0
    }
    bytes += size
    if (item + 1 - first >= LIST_ITEMS_MIN && (tailOf(item) & MASK) === 0) {
      ends.push(item + 1)
      first = item + 1
      bytes = 0
    }
  }
  if (first < count) ends.push(count)
  return ends
}

/** The 16 bits that `tailOf` wants, of a sha256 that begins at `offset`. */
export function digestTail(bytes: Uint8Array, offset = 0): number {
  return ((bytes[offset + 30] as number) << 8) | (bytes[offset + 31] as number)
}
