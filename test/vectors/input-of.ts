import type { EntryInput, Manifest, ManifestInput } from '@shoal/release'

/** What `encodeManifest` was given for this manifest. */
export function inputOf(manifest: Manifest): ManifestInput {
  const { product, version, platform, chunking, entries, chunks } = manifest
  return {
    product,
    version,
    platform,
    chunking,
    entries: entries.map((entry): EntryInput => {
      if (entry.kind !== 'file') return entry
      const digests = new Uint8Array(entry.chunks.length * 32)
      entry.chunks.forEach((chunk, place) => digests.set(chunks.digest(chunk), place * 32))
      return { ...entry, chunks: { digests, sizes: entry.chunks.map((chunk) => chunks.sizes[chunk] ?? 0) } }
    }),
  }
}
