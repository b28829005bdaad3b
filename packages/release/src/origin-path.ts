import type { BlockId, ReleaseId } from './cid.ts'

/** Where things lie at an origin, relative to its root. Segments are plain names; a URL percent-encodes them ("+"). */
export const originPath = {
  block: (id: BlockId): string => `blocks/${id}`,
  pack: (sha256Hex: string): string => `packs/${sha256Hex}`,
  index: (id: ReleaseId): string => `releases/${id}/index`,
  metadata: (file: string): string => `tuf/${file}`,
}
