import { sha256 } from '../cid.ts'

/** One random-looking 32-bit word per byte value, derived so that anyone can rebuild the table. */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(sha256(Buffer.from(`shoal/gear/v1/${byte}`))).readInt32BE(0),
)
