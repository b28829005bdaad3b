import type { Stats } from 'node:fs'

/** What no publish ever changes; an index is a hint that may be rewritten when packs were lost. */
const IMMUTABLE = /^(?:blocks\/|packs\/|releases\/[^/]+\/index$|tuf\/\d+\.[^/]+\.json$)/

export function cacheControl(path: string): string {
  return IMMUTABLE.test(path) ? 'public, max-age=31536000, immutable' : 'public, max-age=5'
}

/** Strong: blocks and packs are named after their content, and all else is replaced by a new file, never rewritten. */
export function entityTag(path: string, { size, mtimeMs, ino }: Pick<Stats, 'size' | 'mtimeMs' | 'ino'>): string {
  const contentName = /^(?:blocks|packs)\/([^/]+)$/.exec(path)?.[1]
  return contentName === undefined
    ? `"${size.toString(16)}-${Math.round(mtimeMs * 1000).toString(16)}-${ino.toString(16)}"`
    : `"${contentName}"`
}
