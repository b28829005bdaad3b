import type { Manifest } from '@shoal/release'
import { readChunks, type ReaderSource } from './place-reader.ts'

/** A release on disk, whole or in part, as it is served to others. */
export interface Holding extends AsyncDisposable {
  readonly manifest: Manifest
  readonly complete: boolean
  hasChunk(chunk: number): boolean
  hasSpan(span: number): boolean
  /** Bit s is `bytes[s >> 3] & (1 << (s & 7))`. */
  spanBitmap(): Uint8Array
  /**
   * Puts the bytes of the chunks, one after the other, into `into` and returns how many. CHUNK_GONE when a file changed since its
   * chunks were verified: the chunk is then no longer offered.
   */
  readChunks(span: number, chunks: readonly number[], into: Uint8Array): Promise<number>
}

export class ReleaseHolding implements Holding {
  readonly manifest: Manifest
  protected readonly source: ReaderSource

  constructor(manifest: Manifest, source: ReaderSource) {
    this.manifest = manifest
    this.source = source
  }

  get complete(): boolean {
    return this.source.coverage.complete
  }
  hasChunk(chunk: number): boolean {
    return this.source.coverage.hasChunk(chunk)
  }
  hasSpan(span: number): boolean {
    return this.source.coverage.hasSpan(span)
  }
  spanBitmap(): Uint8Array {
    return this.source.coverage.spanBitmap()
  }
  readChunks(_span: number, chunks: readonly number[], into: Uint8Array): Promise<number> {
    return readChunks(this.source, chunks, into)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.pool.close()
  }
}
