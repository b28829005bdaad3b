/** Where content came from: one order, one word and one colour each, on every page. */
import type { SiteRow } from '@shoal/tracker/api'

export type Bytes = SiteRow['bytes']

/** Moved over a network, the nearest first. */
export const SOURCES = [
  ['lanPeers', 'LAN peers'],
  ['cache', 'Cache'],
  ['wanPeers', 'Other sites'],
  ['origin', 'Origin'],
] as const

export function movedBytes(bytes: Bytes): number {
  return SOURCES.reduce((sum, [source]) => sum + bytes[source], 0)
}

/** What would have come from the origin without peers and caches. */
export function avoidedBytes(bytes: Bytes): number {
  return movedBytes(bytes) - bytes.origin
}
