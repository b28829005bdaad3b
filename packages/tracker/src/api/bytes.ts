import { REPORT_SOURCES } from '@shoal/release'
import type { Bytes } from '../store/store.ts'

export function sumBytes(rows: readonly Bytes[]): Bytes {
  const sum = (source: keyof Bytes): number => rows.reduce((total, row) => total + row[source], 0)
  return Object.fromEntries(REPORT_SOURCES.map((source) => [source, sum(source)])) as unknown as Bytes
}

/** What came from peers and caches: without them the origin would have sent it. */
export function avoidedBytes({ lanPeers, wanPeers, cache }: Bytes): number {
  return lanPeers + wanPeers + cache
}
