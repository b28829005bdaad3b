import { SPAN_BYTES, SPAN_CHUNKS_MAX } from '../limits.ts'

/** Runs of consecutive distinct chunks of about 1 MiB: what peers request, offer and own. */
export interface SpanTable {
  readonly count: number
  /** Span s holds the chunks firstChunk[s] to firstChunk[s + 1] - 1; `count + 1` numbers. */
  readonly firstChunk: Uint32Array
  /** Bytes of each span. */
  readonly sizes: Uint32Array
  spanOf(chunk: number): number
}

/** Greedy: a span ends with the chunk that brings it to 1 MiB or to 256 chunks. */
export function buildSpans(chunkSizes: Uint32Array): SpanTable {
  const ends: number[] = [0]
  const sizes: number[] = []
  let bytes = 0
  for (let chunk = 0; chunk < chunkSizes.length; chunk++) {
    bytes += chunkSizes[chunk] as number
    const chunks = chunk + 1 - (ends.at(-1) as number)
    if (bytes >= SPAN_BYTES || chunks === SPAN_CHUNKS_MAX || chunk + 1 === chunkSizes.length) {
      ends.push(chunk + 1)
      sizes.push(bytes)
      bytes = 0
    }
  }
  const firstChunk = Uint32Array.from(ends)
  return {
    count: sizes.length,
    firstChunk,
    sizes: Uint32Array.from(sizes),
    spanOf: (chunk) => search(firstChunk, chunk),
  }
}

/** The last span that begins at or before the chunk. */
function search(firstChunk: Uint32Array, chunk: number): number {
  let low = 0
  let high = firstChunk.length - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((firstChunk[middle] as number) <= chunk) low = middle
    else high = middle
  }
  return low
}
