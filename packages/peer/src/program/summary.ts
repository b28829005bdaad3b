/** What `get` and `run` tell of an update: the fields for programs, the lines for people. */
import { formatBytes, formatDuration } from '@shoal/cli'
import type { Target } from '@shoal/release'
import type { Peer } from '../peer.ts'
import type { UpdateResult } from '../update.ts'
import { whyOrigin } from './why-origin.ts'

export function summaryFields(peer: Peer, target: Target, result: UpdateResult): object {
  const { account } = result
  return {
    product: target.product,
    channel: target.channel,
    platform: target.platform,
    release: result.release,
    version: result.version,
    changed: result.changed,
    sizeBytes: result.sizeBytes,
    elapsedMs: result.elapsedMs,
    bytes: account.bytes,
    originRequests: peer.origin?.stats.requests ?? 0,
    originWireBytes: peer.origin?.stats.wireBytes ?? 0,
    originErrors: peer.origin?.stats.errors ?? {},
    peersUsed: account.peersUsed.size,
    reasons: account.reasons,
    originBytes: account.originBytes,
    wasted: account.wasted,
    sentBytes: peer.neighbours.sentBytes,
    neighbours: peer.neighbours.list(),
    bans: peer.neighbours.bans(),
  }
}

export function summaryText(target: Target, out: string, result: UpdateResult): string {
  const { bytes, originBytes, wasted } = result.account
  const name = `${target.product}@${target.channel} ${result.version}`
  if (!result.changed) return `${name} is installed already in ${out}/current`
  const moved = [
    ['from neighbours', bytes.lanPeers],
    ['from remote peers', bytes.wanPeers],
    ['from caches', bytes.cache],
    ['from the origin', bytes.origin],
    ['reused from disk', bytes.reused],
    ['kept from an earlier run', bytes.resumed],
  ] as const
  const lines = moved
    .filter(([, count]) => count > 0)
    .map(([label, count]) => `  ${label.padEnd(25)} ${formatBytes(count).padStart(10)}  ${share(count, bytes.total)}`)
  const why = whyOrigin(originBytes).map((line) => `  why the origin: ${line}`)
  const waste = Object.entries(wasted).map(([cause, count]) => `  wasted: ${formatBytes(count)} ${cause}`)
  return [
    `${name} installed in ${out}/current  ${formatBytes(result.sizeBytes)} in ${formatDuration(result.elapsedMs)}`,
    ...lines,
    ...why,
    ...waste,
  ].join('\n')
}

function share(count: number, total: number): string {
  return `${((count / Math.max(1, total)) * 100).toFixed(1).padStart(5)} %`
}
