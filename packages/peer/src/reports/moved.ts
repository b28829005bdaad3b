/** What a report says of a download: its bytes by source, and by the site that they came from. */
import { FLOWS_MAX, REPORT_SOURCES, type Report, type ReportBytes } from '@shoal/release'
import type { Account } from '../download/account.ts'

export type Moved = Required<Pick<Report, 'bytes' | 'flows'>>

export function movedOf({ bytes, sites }: Pick<Account, 'bytes' | 'sites'>): Moved {
  // What a report has no word for was on this disk.
  const all = { ...bytes, reused: bytes.reused + bytes.resumed }
  const largest = [...sites].sort(([, a], [, b]) => b - a).slice(0, FLOWS_MAX)
  return {
    bytes: Object.fromEntries(REPORT_SOURCES.map((source) => [source, all[source]])) as ReportBytes,
    flows: largest.map(([site, count]) => ({ site, bytes: count })),
  }
}
