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

/** Bytes that lengths, types and signs turn on, in CBOR and elsewhere. */
const TELLING = [
  0x00, 0x01, 0x1f, 0x18, 0x1b, 0x3b, 0x40, 0x5b, 0x60, 0x7f, 0x80, 0x9b, 0x9f, 0xa0, 0xbb, 0xd8, 0xf6, 0xf7, 0xfb,
  0xff,
]

/** A copy with one to three small changes. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Buffer = Buffer.from(bytes)
  for (let times = 1 + random(3); times > 0; times--) changed = mutateOnce(changed, random)
  return Uint8Array.from(changed)
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1)
  const length = 1 + random(8)
  switch (random(7)) {
    case 0:
      return at < bytes.length ? put(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << random(8)))) : bytes
    case 1:
      return put(bytes, at, Buffer.of(TELLING[random(TELLING.length)] ?? 0))
    case 2:
      return put(bytes, at, Buffer.alloc(length, random(2) === 0 ? 0xff : 0))
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 4:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(random(bytes.length + 1)).subarray(0, length),
        bytes.subarray(at),
      ])
    case 5:
      return bytes.subarray(0, at)
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.of(TELLING[random(TELLING.length)] ?? 0), bytes.subarray(at)])
  }
}

/** Overwrites, without growing the bytes. */
function put(bytes: Buffer, at: number, part: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  part.copy(copy, at)
  return copy
}
