import { ReleaseError } from '../error.ts'
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, LARGE_RELEASE_BYTES } from '../limits.ts'

/** Sizes in bytes of the pieces a file is cut into. */
export interface Chunking {
  min: number
  avg: number
  max: number
}

export const DEFAULT_CHUNKING: Chunking = Object.freeze({ min: 16_384, avg: 65_536, max: 262_144 })
const LARGE_CHUNKING: Chunking = Object.freeze({ min: 65_536, avg: 262_144, max: 1_048_576 })

/** For the first release of a product; later ones inherit, so that chunks keep matching. */
export function chooseChunking(totalBytes: number): Chunking {
  return totalBytes > LARGE_RELEASE_BYTES ? LARGE_CHUNKING : DEFAULT_CHUNKING
}

export function checkChunking({ min, avg, max }: Chunking): void {
  for (const size of [min, avg, max]) {
    if (!Number.isInteger(size) || size < CHUNK_BYTES_MIN || size > CHUNK_BYTES_MAX) {
      throw new ReleaseError(
        'CHUNKING_INVALID',
        'chunking-size',
        `chunk size ${size} is outside ${CHUNK_BYTES_MIN} to ${CHUNK_BYTES_MAX}`,
      )
    }
  }
  if (!(min < avg && avg < max)) {
    throw new ReleaseError('CHUNKING_INVALID', 'chunking-order', `chunk sizes ${min}, ${avg}, ${max} must rise`)
  }
  // The masks of the cut take whole bits.
  if (!Number.isInteger(Math.log2(avg))) {
    throw new ReleaseError('CHUNKING_INVALID', 'chunking-average', `average chunk size ${avg} is no power of two`)
  }
}
