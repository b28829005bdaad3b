import type { BlockId, ReleaseId } from './cid.ts'
import type { Target } from './names.ts'

/** Where things lie at an origin, relative to its root. Segments are plain names; a URL percent-encodes them ("+"). */
export const originPath = {
  block: (id: BlockId): string => `blocks/${id}`,
  pack: (sha256Hex: string): string => `packs/${sha256Hex}`,
  index: (id: ReleaseId): string => `releases/${id}/index`,
  metadata: (file: string): string => `tuf/${file}`,
  latest: (target: Pick<Target, 'product' | 'channel' | 'platform'>): string =>
    `signed/${target.product}/${target.channel}/${target.platform}.latest`,
  statement: (target: Pick<Target, 'product' | 'channel' | 'platform'> & { version: string }): string =>
    `signed/${target.product}/${target.channel}/${target.version}/${target.platform}.release`,
}
