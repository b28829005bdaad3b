import { createHash } from 'node:crypto'

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** The same bytes for the same seed everywhere: sha256("shoal/vector/" + seed + "/" + i) for i = 0, 1, … one after another. */
export function seededBytes(seed: string, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 32) * 32)
  for (let i = 0; i * 32 < length; i++) bytes.set(sha256(`shoal/vector/${seed}/${i}`), i * 32)
  return bytes.subarray(0, length)
}
