/** The picture of a running peer that `status` prints. */
import { formatBytes, formatColumns, formatDuration, style } from '@shoal/cli'
import type { FollowStatus, PeerStatus } from '../control/index.ts'
import { formatRate } from '../config/index.ts'
import { flowName } from '../traffic/index.ts'
import { backgroundText } from './limit.ts'
import { waitingText } from './waiting-text.ts'
import { whyOrigin } from './why-origin.ts'

export function statusText(status: PeerStatus, nowMs: number): string {
  const state = status.paused ? 'PAUSED' : status.follows.some((each) => each.state === 'failing') ? 'DEGRADED' : 'OK'
  const head = [
    `shoal-peer ${status.version}`,
    style(state === 'OK' ? 'green' : 'yellow', state, process.stdout),
    `up ${formatDuration(nowMs - status.startedMs)}`,
    ...(status.role === 'cache' ? ['cache'] : []),
    status.site === '' ? 'no site' : `site ${status.site}`,
    ...rings(status),
    status.origin === undefined ? 'no origin' : `origin ${status.origin}`,
    ...(status.membership === undefined ? [] : [`member until ${status.membership.expires}`]),
  ].join('  ')
  const releases = formatColumns([
    ['RELEASE', 'STATE', 'DONE', 'FROM', 'NOTE'],
    ...status.follows.map((each) => [
      `${each.target} ${each.version ?? ''}`.trim(),
      each.state,
      done(each),
      sources(each),
      note(each, nowMs),
    ]),
  ])
  const why = status.follows.flatMap((each) =>
    whyOrigin(each.originBytes ?? {}).map((line) => `  why the origin, ${each.target}: ${line}`),
  )
  const local = status.neighbours.filter((each) => each.local).length
  const summary = `NEIGHBOURS ${status.neighbours.length} (${local} of this site)  sent ${formatBytes(status.sentBytes)}`
  const neighbours = formatColumns(
    status.neighbours.map((each) => [
      `  ${each.id.slice(-8)}`,
      each.local ? 'near' : 'far',
      each.site === '' ? '-' : each.site,
      `found by ${each.foundBy.join(', ')}`,
      `over ${each.lane}`,
      `got ${formatBytes(each.receivedBytes)}`,
      `gave ${formatBytes(each.sentBytes)}`,
      each.address,
    ]),
  )
  return [
    head,
    metadata(status, nowMs),
    releases,
    ...why,
    ...cache(status),
    ...limits(status),
    ...backgroundText(status),
    ...reports(status),
    summary,
    ...(status.neighbours.length > 0 ? [neighbours] : []),
  ].join('\n')
}

function cache({ cache: held }: PeerStatus): string[] {
  if (held === undefined) return []
  const share = `${formatBytes(held.bytes)} of ${formatBytes(held.bytesMax)}`
  return [`CACHE ${share}, ${held.releases} releases, ${held.folder}`]
}

/** Only while there is something to know. */
function reports({ reports: each }: PeerStatus): string[] {
  if (each === undefined || (each.pending === 0 && each.dead === 0 && each.dropped === 0)) return []
  const { pending, dead, dropped, failure } = each
  const parts = [
    `${pending} to be sent`,
    dead > 0 ? `${dead} given up (shoal-peer reports list)` : '',
    dropped > 0 ? `${dropped} forgotten` : '',
    failure ?? '',
  ]
  return [`REPORTS ${parts.filter((part) => part !== '').join(', ')}`]
}

/** Only those that there are. */
function limits(status: PeerStatus): string[] {
  const limited = Object.entries(status.limits).filter(([, { bytesPerSecond }]) => bytesPerSecond !== null)
  if (limited.length === 0) return []
  return [
    `LIMITS ${limited.map(([flow, each]) => `${flowName(flow)} ${formatRate(each.bytesPerSecond ?? Infinity)}`).join(', ')}`,
  ]
}

/** Whether what is known of releases is fresh, and until when it can be relied on. */
function metadata({ metadata: { versions, expires, confirmedMs } }: PeerStatus, nowMs: number): string {
  if (expires === undefined) return 'METADATA none verified yet'
  const leftMs = Date.parse(expires.at) - nowMs
  const parts = [
    `METADATA timestamp ${versions['timestamp'] ?? '-'}, root ${versions['root'] ?? '-'}`,
    confirmedMs === undefined ? 'not confirmed since start' : `confirmed ${formatDuration(nowMs - confirmedMs)} ago`,
    leftMs > 0 ? `${expires.role} expires in ${formatDuration(leftMs)}` : `${expires.role} EXPIRED on ${expires.at}`,
  ]
  return parts.join('  ')
}

function done(follow: FollowStatus): string {
  if (follow.state === 'current' || follow.state === 'soaking') return '100%'
  if (follow.totalBytes === undefined || follow.doneBytes === undefined) return '-'
  return `${Math.floor((follow.doneBytes / Math.max(1, follow.totalBytes)) * 100)}%`
}

function sources(follow: FollowStatus): string {
  const { bytes } = follow
  if (bytes === undefined || bytes.total === 0) return '-'
  const shares = [
    ['lan', bytes.lanPeers],
    ['wan', bytes.wanPeers],
    ['cache', bytes.cache],
    ['origin', bytes.origin],
    ['disk', bytes.reused + bytes.resumed],
  ] as const
  const shown = shares.filter(([, count]) => count > 0)
  return shown.map(([name, count]) => `${name} ${Math.round((count / bytes.total) * 100)}%`).join(' ') || '-'
}

function note(follow: FollowStatus, nowMs: number): string {
  const since = `since ${formatDuration(nowMs - follow.sinceMs)}`
  const next =
    follow.nextCheckMs === undefined ? '' : `, next check in ${formatDuration(Math.max(0, follow.nextCheckMs - nowMs))}`
  if (follow.state === 'failing') return `${follow.reason ?? ''}${next}`
  if (follow.wait !== undefined)
    return `waiting: ${waitingText({ ...follow, reason: follow.wait }, nowMs)}${failed(follow)}`
  if (follow.state === 'soaking') return `must stay healthy ${untilText(follow, nowMs)}`
  if (follow.state === 'downloading') return `${formatBytes(follow.rate ?? 0)}/s${waiting(follow)}`
  return `${since}${next}`
}

/** Of the rollouts under way, where this machine is of one. */
function rings({ follows }: PeerStatus): string[] {
  const names = [...new Set(follows.flatMap(({ ring }) => ring ?? []))]
  return names.length === 0 ? [] : [`ring ${names.join(', ')}`]
}

function untilText({ untilMs }: FollowStatus, nowMs: number): string {
  return untilMs === undefined ? '' : `for another ${formatDuration(Math.max(0, untilMs - nowMs))}`
}

function failed({ failed: what }: FollowStatus): string {
  return what === undefined ? '' : `; ${what.version} failed with ${what.code}: ${what.message}`
}

function waiting(follow: FollowStatus): string {
  const { owner = 0, busy = 0, nobody = 0, origin = 0 } = follow.waiting ?? {}
  const parts = [
    owner > 0 ? `${owner} spans with their owner` : '',
    busy > 0 ? `${busy} with busy holders` : '',
    nobody > 0 ? `${nobody} with nobody` : '',
    origin > 0 ? `${origin} queued at the origin` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `, waiting: ${parts.join(', ')}`
}
