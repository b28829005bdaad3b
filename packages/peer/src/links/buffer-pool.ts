/**
 * Buffers that spans are received into and sent from. They are kept and used again: fresh pages for every megabyte would
 * cost as much as the encryption does.
 */

export interface BufferPool {
  /** At least so many bytes, with whatever is in them. */
  take(bytes: number): Uint8Array
  /** The caller must not touch it any more. */
  give(buffer: Uint8Array): void
}

/**
 * @param bufferBytes larger ones are made for the occasion and not kept
 * @param idleMax how many are kept while idle; what is in use is bounded by whoever takes
 */
export function createBufferPool(bufferBytes: number, idleMax: number): BufferPool {
  const idle: Uint8Array[] = []
  return {
    take: (bytes) => (bytes <= bufferBytes ? (idle.pop() ?? new Uint8Array(bufferBytes)) : new Uint8Array(bytes)),
    give(buffer) {
      if (buffer.length === bufferBytes && idle.length < idleMax) idle.push(buffer)
    },
  }
}
