import { checkChunking, type Chunking } from './choose.ts'
import { findCut } from './cut.ts'

/** Largest chunks held at once: enough that moving the rest to the front costs little. */
const BUFFER_CHUNKS = 8

/**
 * Cuts a stream into chunks. The cuts do not depend on how the source is sliced.
 * Each chunk is a view of one reused buffer, valid until the next step.
 */
export async function* chunkStream(
  source: AsyncIterable<Uint8Array>,
  chunking: Chunking,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkChunking(chunking)
  const buffer = new Uint8Array(BUFFER_CHUNKS * chunking.max)
  let start = 0
  let end = 0
  for await (const piece of source) {
    let taken = 0
    while (taken < piece.length) {
      if (end === buffer.length) {
        buffer.copyWithin(0, start, end)
        end -= start
        start = 0
      }
      const take = Math.min(piece.length - taken, buffer.length - end)
      buffer.set(piece.subarray(taken, taken + take), end)
      taken += take
      end += take
      while (end - start >= chunking.max) {
        const cut = findCut(buffer, start, end, chunking)
        yield buffer.subarray(start, cut)
        start = cut
      }
    }
  }
  while (start < end) {
    const cut = findCut(buffer, start, end, chunking)
    yield buffer.subarray(start, cut)
    start = cut
  }
}
