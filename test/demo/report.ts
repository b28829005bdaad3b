/** The tables at the end: who got how much from where, and what it cost the origin. Pure. */
import { formatBytes, formatColumns, formatDuration } from '@shoal/cli'
import type { Paint } from './board.ts'
import { movedBytes, SOURCES } from './sources.ts'
import type { Arrival } from './wave.ts'

export function peerTable(arrivals: readonly Arrival[], paint: Paint): string {
  const head = ['PEER', 'SITE', 'TIME', ...SOURCES.map(({ title }) => title), 'FROM PEERS']
  const rows = arrivals.map(({ name, site, installed: { bytes, elapsedMs } }) => [
    paint('bold', name),
    site,
    formatDuration(elapsedMs),
    ...SOURCES.map(({ of, style }) => amount(of(bytes), (text) => paint(style, text))),
    movedBytes(bytes) === 0 ? '-' : percent(movedBytes(bytes) - bytes.origin, movedBytes(bytes)),
  ])
  return formatColumns([head.map((title) => paint('dim', title)), ...rows], { right: [2, 3, 4, 5, 6, 7] })
}

/** Origin copies: how often the origin sent the whole of what the peers did not have. */
export function siteTable(arrivals: readonly Arrival[], paint: Paint): string {
  const head = ['SITE', 'PEERS', 'ORIGIN SENT', 'COPIES', 'FROM OTHER SITES'].map((title) => paint('dim', title))
  const sites = [...new Set(arrivals.map(({ site }) => site))]
  const rows = sites.map((site) =>
    siteRow(
      site,
      arrivals.filter((each) => each.site === site),
    ),
  )
  const all = siteRow('all', arrivals).map((cell) => paint('bold', cell))
  return formatColumns([head, ...rows, all], { right: [1, 2, 3, 4] })
}

export function waveSentence(arrivals: readonly Arrival[], paint: Paint): string {
  const origin = total(arrivals, ({ origin }) => origin)
  const copies = (origin / wantedBytes(arrivals)).toFixed(2)
  const spared = percent(total(arrivals, movedBytes) - origin, total(arrivals, movedBytes))
  return `${paint('bold', `${copies} origin copies`)} instead of ${arrivals.length}: ${spared} came from other peers`
}

export function updateSentence(arrivals: readonly Arrival[], paint: Paint): string {
  const [first] = arrivals
  if (first === undefined) return ''
  const { sizeBytes } = first.installed
  const each = total(arrivals, movedBytes) / arrivals.length
  const share = percent(each, sizeBytes)
  return `${paint('bold', `${formatBytes(each)} moved to each peer`)}, ${share} of the ${formatBytes(sizeBytes)} that 2.0 is`
}

/** The line that other systems do not have: why bytes were asked of the origin. */
export function whyOrigin(arrivals: readonly Arrival[]): string {
  const spans = (reason: string): number =>
    arrivals.reduce((sum, { installed }) => sum + (installed.reasons[reason] ?? 0), 0)
  const parts = WHY.map(([reason, text]) => [spans(reason), text] as const).filter(([count]) => count > 0)
  return parts.length === 0 ? '' : `why origin: ${parts.map(([count, text]) => `${count} ${text}`).join(', ')}`
}

const WHY = [
  ['owner', 'spans as owner for the site'],
  ['alone', 'before a neighbour was known'],
  ['hedge', 'because the owner made no progress'],
  ['floor', 'because neighbours were too slow'],
] as const

function siteRow(name: string, arrivals: readonly Arrival[]): string[] {
  const origin = total(arrivals, (bytes) => bytes.origin)
  const remote = total(arrivals, (bytes) => bytes.wanPeers)
  const copies = (origin / wantedBytes(arrivals)).toFixed(2)
  return [name, String(arrivals.length), formatBytes(origin), copies, formatBytes(remote)]
}

/** What one peer had to get: the release without what it held already. The largest, where they differ. */
function wantedBytes(arrivals: readonly Arrival[]): number {
  return Math.max(1, ...arrivals.map(({ installed }) => movedBytes(installed.bytes)))
}

function total(arrivals: readonly Arrival[], of: (bytes: Arrival['installed']['bytes']) => number): number {
  return arrivals.reduce((sum, { installed }) => sum + of(installed.bytes), 0)
}

function amount(bytes: number, paint: (text: string) => string): string {
  return bytes === 0 ? '-' : paint(formatBytes(bytes))
}

function percent(part: number, whole: number): string {
  return `${((part / Math.max(1, whole)) * 100).toFixed(1)} %`
}
