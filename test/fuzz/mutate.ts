/** Numbers in [0, below), the same for the same seed. */
export type Random = (below: number) => number

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function pick<T>(all: readonly T[], random: Random): T {
  return all[random(all.length)] as T
}

/** Bytes that lengths, types and signs turn on, in CBOR and elsewhere. */
const TELLING = [
  0x00, 0x01, 0x1f, 0x18, 0x1b, 0x3b, 0x40, 0x5b, 0x60, 0x7f, 0x80, 0x9b, 0x9f, 0xa0, 0xbb, 0xd8, 0xf6, 0xf7, 0xfb,
  0xff,
]

/** Words that JSON, headers and names turn on. */
const WORDS = [
  'null',
  '-1',
  '1e999',
  '0.5',
  '[',
  '{',
  '"',
  '\\u0000',
  '"__proto__":',
  '../',
  '%',
  '/',
  ',',
  ' ',
  '\r\n',
]

/** How often a part is repeated at most. */
const REPEATS_MAX = 10_000

/** A copy with one to three changes, at most `bytesMax` long. */
export function mutate(bytes: Uint8Array, random: Random, bytesMax: number): Uint8Array {
  let changed: Buffer = Buffer.from(bytes)
  for (let times = 1 + random(3); times > 0; times--) changed = mutateOnce(changed, random).subarray(0, bytesMax)
  return Uint8Array.from(changed)
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1)
  const length = 1 + random(8)
  switch (random(10)) {
    case 0:
      return at < bytes.length ? put(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << random(8)))) : bytes
    case 1:
      return put(bytes, at, Buffer.of(pick(TELLING, random)))
    case 2:
      return put(bytes, at, Buffer.alloc(length, random(2) === 0 ? 0xff : 0))
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 4:
      return insert(bytes, at, bytes.subarray(random(bytes.length + 1)).subarray(0, length))
    case 5:
      return bytes.subarray(0, at)
    case 6:
      return insert(bytes, at, Buffer.from(pick(WORDS, random)))
    case 7:
      return put(bytes, at, Buffer.of(random(256), random(256)))
    case 8: {
      const part = bytes.subarray(at, at + length)
      return insert(bytes, at, Buffer.alloc(part.length * random(random(8) === 0 ? REPEATS_MAX : 16), part))
    }
    default:
      return insert(bytes, at, Buffer.of(pick(TELLING, random)))
  }
}

/** Overwrites, without growing the bytes. */
function put(bytes: Buffer, at: number, part: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  part.copy(copy, at)
  return copy
}

function insert(bytes: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)])
}
