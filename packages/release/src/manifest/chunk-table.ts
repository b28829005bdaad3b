/** The distinct chunks of a release in order of first use. Flat arrays: a release may have millions. */
export interface ChunkTable {
  readonly count: number
  /** Sum of `sizes`. */
  readonly bytes: number
  /** 32 bytes a chunk. */
  readonly digests: Uint8Array
  readonly sizes: Uint32Array
  /** A view of the digest of chunk `index`. */
  digest(index: number): Uint8Array
  /** The index of a digest, if the release has it. */
  find(digest: Uint8Array): number | undefined
}

export interface ChunkTableBuilder {
  /** Index of the chunk, added when new. `bytes` holds the digest at `offset`. */
  add(bytes: Uint8Array, offset: number, size: number): number
  sizeOf(index: number): number
  finish(): ChunkTable
}

const DIGEST = 32
const ROOM_MIN = 1024
/** What is expected was said by others: room is made at once for so many (48 MB, untouched until they come), and for more when it is needed. */
const ROOM_AT_ONCE_MAX = 1 << 20

/** @param expected how many chunks there will be at most, where that is known: then nothing is moved into wider arrays */
export function createChunkTable(expected = 0): ChunkTableBuilder {
  const room = Math.min(Math.max(expected, ROOM_MIN), ROOM_AT_ONCE_MAX)
  let digests = new Uint8Array(room * DIGEST)
  let sizes = new Uint32Array(room)
  let slots = new Uint32Array(slotsFor(room))
  let count = 0
  let total = 0

  function grow(): void {
    const wider = new Uint8Array(digests.length * 2)
    wider.set(digests)
    digests = wider
    const longer = new Uint32Array(sizes.length * 2)
    longer.set(sizes)
    sizes = longer
    slots = new Uint32Array(slotsFor(sizes.length))
    for (let index = 0; index < count; index++) slots[freeSlot(slots, digests, index * DIGEST)] = index + 1
  }

  return {
    add(bytes, offset, size) {
      let slot = findSlot(slots, digests, bytes, offset)
      const there = slots[slot] as number
      if (there !== 0) return there - 1
      if (count === sizes.length) {
        grow()
        slot = findSlot(slots, digests, bytes, offset)
      }
      const index = count
      digests.set(bytes.subarray(offset, offset + DIGEST), index * DIGEST)
      sizes[index] = size
      slots[slot] = index + 1
      count += 1
      total += size
      return index
    },
    sizeOf: (index) => sizes[index] as number,
    finish() {
      const ownDigests = count === sizes.length ? digests : digests.slice(0, count * DIGEST)
      const ownSlots = slots
      return {
        count,
        bytes: total,
        digests: ownDigests,
        sizes: count === sizes.length ? sizes : sizes.slice(0, count),
        digest: (index) => ownDigests.subarray(index * DIGEST, (index + 1) * DIGEST),
        find(digest) {
          const there = ownSlots[findSlot(ownSlots, ownDigests, digest, 0)] as number
          return there === 0 ? undefined : there - 1
        },
      }
    },
  }
}

/** A power of two, at least twice as many. */
function slotsFor(chunks: number): number {
  return 2 ** Math.ceil(Math.log2(chunks * 2))
}

/** Open addressing on the digest's first bytes, which a hash function made even. The table is never more than half full. */
function findSlot(slots: Uint32Array, digests: Uint8Array, bytes: Uint8Array, offset: number): number {
  const mask = slots.length - 1
  let slot = wordAt(bytes, offset) & mask
  for (let there = slots[slot] as number; there !== 0; there = slots[slot] as number) {
    if (sameDigest(digests, (there - 1) * DIGEST, bytes, offset)) return slot
    slot = (slot + 1) & mask
  }
  return slot
}

function freeSlot(slots: Uint32Array, bytes: Uint8Array, offset: number): number {
  const mask = slots.length - 1
  let slot = wordAt(bytes, offset) & mask
  while (slots[slot] !== 0) slot = (slot + 1) & mask
  return slot
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) |
    ((bytes[offset + 1] as number) << 8) |
    ((bytes[offset + 2] as number) << 16) |
    ((bytes[offset + 3] as number) << 24)
  )
}

function sameDigest(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number): boolean {
  for (let at = 0; at < DIGEST; at++) if (a[aOffset + at] !== b[bOffset + at]) return false
  return true
}
