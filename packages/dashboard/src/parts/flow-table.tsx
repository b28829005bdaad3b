import type { SiteRow } from '@shoal/tracker/api'
import { bytesInWords, shareInWords } from '../format.ts'
import { siteName } from './site-name.ts'
import { Table } from './table.tsx'

const COLUMNS_MAX = 12

/** Rows: where bytes arrived. Columns: where they came from. What is no name of a site has a space in it. */
export function FlowTable({ rows }: { rows: readonly SiteRow[] }) {
  const told = rows.filter((row) => arrived(row) > 0)
  const sources = sourcesOf(told)
  return (
    <Table
      caption="Bytes by the site where they arrived and the one they came from"
      isMatrix
      rows={told}
      keyOf={({ site }) => site}
      empty="No device here has told yet which sites its bytes came from."
      columns={[
        { name: 'To', cell: ({ site }) => siteName(site) },
        { name: 'From itself', isNumber: true, cell: (row) => shareInWords(from(row, row.site), arrived(row)) },
        { name: 'From others', isNumber: true, cell: (row) => shareInWords(fromOthers(row), arrived(row)) },
        { name: 'From the origin', isNumber: true, cell: (row) => shareInWords(row.flows.origin, arrived(row)) },
        ...sources.map((site) => ({
          name: siteName(site),
          isNumber: true,
          cell: (row: SiteRow) => amount(from(row, site)),
        })),
        { name: 'Further sites', isNumber: true, cell: (row) => amount(further(row, sources)) },
      ]}
    />
  )
}

/** Those that sent most. */
function sourcesOf(rows: readonly SiteRow[]): string[] {
  const sums = new Map<string, number>()
  for (const { flows } of rows) for (const { site, bytes } of flows.sites) sums.set(site, (sums.get(site) ?? 0) + bytes)
  const largest = [...sums].sort(([, a], [, b]) => b - a).slice(0, COLUMNS_MAX)
  // In the order of the rows, so that what stays within a site stands on the diagonal.
  return largest.map(([site]) => site).sort((a, b) => Number(a === '') - Number(b === '') || (a < b ? -1 : 1))
}

function from({ flows }: SiteRow, wanted: string): number {
  return flows.sites.find(({ site }) => site === wanted)?.bytes ?? 0
}

function fromNeighbours({ flows }: SiteRow): number {
  return flows.sites.reduce((sum, { bytes }) => sum + bytes, flows.further)
}

function fromOthers(row: SiteRow): number {
  return fromNeighbours(row) - from(row, row.site)
}

function arrived(row: SiteRow): number {
  return fromNeighbours(row) + row.flows.origin
}

function further(row: SiteRow, sources: readonly string[]): number {
  return sources.reduce((rest, site) => rest - from(row, site), fromNeighbours(row))
}

function amount(bytes: number): string {
  return bytes === 0 ? '–' : bytesInWords(bytes)
}
