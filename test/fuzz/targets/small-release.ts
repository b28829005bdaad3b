/** A release of three small files, and a holding that serves it. */
import { encodeManifest, sha256, type Manifest } from '@shoal/release'
import type { Holding } from '../../../packages/peer/src/store/index.ts'

export const CONTENT = [1, 2, 3].map((byte) => new Uint8Array(1_000).fill(byte))
/** Of as many spans as the largest release has. */
export const BITMAP_BYTES = 64 << 10

export const MANIFEST: Manifest = encodeManifest({
  product: 'demo',
  version: '1',
  platform: 'any',
  chunking: { min: 16 << 10, avg: 64 << 10, max: 256 << 10 },
  entries: CONTENT.map((bytes, file) => ({
    kind: 'file',
    path: `file-${file}`,
    size: bytes.length,
    executable: false,
    sha256: sha256(bytes),
    chunks: { digests: sha256(bytes), sizes: Uint32Array.of(bytes.length) },
  })),
}).manifest

export const HOLDING: Holding = {
  manifest: MANIFEST,
  complete: true,
  hasChunk: () => true,
  hasSpan: () => true,
  spanBitmap: () => new Uint8Array(BITMAP_BYTES),
  readChunks(_span, chunks, into) {
    const bytes = Buffer.concat(chunks.map((chunk) => CONTENT[chunk] ?? new Uint8Array()))
    into.set(bytes)
    return Promise.resolve(bytes.length)
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
