import type { Manifest } from '@shoal/release'

/** A manifest as the vectors write it: plain JSON; a chunk is "sha256:size", a span "first chunk:size". */
export function describeManifest(manifest: Manifest): unknown {
  const { product, version, platform, chunking, sizeBytes, entries, chunks, spans, blockIds } = manifest
  return {
    product,
    version,
    platform,
    chunking: { ...chunking },
    sizeBytes,
    entries: entries.map((entry) =>
      entry.kind === 'file' ? { ...entry, sha256: hex(entry.sha256), chunks: [...entry.chunks] } : { ...entry },
    ),
    chunks: Array.from(chunks.sizes, (size, chunk) => `${hex(chunks.digest(chunk))}:${size}`),
    spans: Array.from(spans.sizes, (size, span) => `${String(spans.firstChunk[span])}:${size}`),
    blockIds: [...blockIds],
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
