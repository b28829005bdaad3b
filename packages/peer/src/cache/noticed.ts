import type { Holding } from '../store/index.ts'

/** The same holding, whose reads are noticed. */
export function noticed(holding: Holding, onRead: () => void): Holding {
  return {
    manifest: holding.manifest,
    get complete() {
      return holding.complete
    },
    hasChunk: (chunk) => holding.hasChunk(chunk),
    hasSpan: (span) => holding.hasSpan(span),
    spanBitmap: () => holding.spanBitmap(),
    readChunks(span, chunks, into) {
      onRead()
      return holding.readChunks(span, chunks, into)
    },
    [Symbol.asyncDispose]: () => holding[Symbol.asyncDispose](),
  }
}
