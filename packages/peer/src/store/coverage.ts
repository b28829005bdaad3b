import type { Manifest } from '@shoal/release'

/** Which chunks are here, and what follows for spans. Pure bookkeeping in flat arrays: 65,536 chunks cost about 10 KB. */
export interface Coverage {
  readonly missingBytes: number
  readonly complete: boolean
  hasChunk(chunk: number): boolean
  hasSpan(span: number): boolean
  spanBitmap(): Uint8Array
  missingChunks(span: number): number[]
  add(chunk: number): void
  remove(chunk: number): void
}

export function createCoverage({ chunks, spans }: Pick<Manifest, 'chunks' | 'spans'>): Coverage {
  const present = new Uint8Array((chunks.count + 7) >> 3)
  const spanBits = new Uint8Array((spans.count + 7) >> 3)
  const missingOfSpan = new Uint32Array(spans.count)
  for (let span = 0; span < spans.count; span++) missingOfSpan[span] = end(span) - start(span)
  let missingBytes = chunks.bytes
  let missingChunks = chunks.count

  function start(span: number): number {
    return spans.firstChunk[span] ?? 0
  }
  function end(span: number): number {
    return spans.firstChunk[span + 1] ?? start(span)
  }
  function change(chunk: number, by: 1 | -1): void {
    const span = spans.spanOf(chunk)
    flip(present, chunk)
    const left = (missingOfSpan[span] ?? 0) - by
    missingOfSpan[span] = left
    missingChunks -= by
    missingBytes -= by * (chunks.sizes[chunk] ?? 0)
    if ((by === 1 && left === 0) || (by === -1 && left === 1)) flip(spanBits, span)
  }
  const inside = (chunk: number): boolean => Number.isInteger(chunk) && chunk >= 0 && chunk < chunks.count
  const hasChunk = (chunk: number): boolean => inside(chunk) && bit(present, chunk)

  return {
    get missingBytes() {
      return missingBytes
    },
    get complete() {
      return missingChunks === 0
    },
    hasChunk,
    hasSpan: (span) => bit(spanBits, span),
    spanBitmap: () => spanBits.slice(),
    missingChunks(span) {
      const missing: number[] = []
      if (missingOfSpan[span] === 0) return missing
      for (let chunk = start(span); chunk < end(span); chunk++) if (!bit(present, chunk)) missing.push(chunk)
      return missing
    },
    add(chunk) {
      if (inside(chunk) && !hasChunk(chunk)) change(chunk, 1)
    },
    remove(chunk) {
      if (hasChunk(chunk)) change(chunk, -1)
    },
  }
}

function bit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
}

function flip(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) ^ (1 << (index & 7))
}
