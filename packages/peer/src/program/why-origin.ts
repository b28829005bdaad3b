/** The answer to "why did bytes come from the origin?", for people. */
import { formatBytes } from '@shoal/cli'
import type { FollowStatus } from '../control/index.ts'
import type { Account } from '../download/account.ts'
import type { Reason } from '../swarm/index.ts'

const BECAUSE: Record<Reason, string> = {
  alone: 'no other peer of this site took part',
  owner: 'no peer nearby had it, and this one fetched it for the site',
  hedge: 'no peer nearby had it, and the one that should have fetched it made no progress',
  'holders-failed': 'peers nearby had it, but did not deliver',
  floor: 'peers nearby had it, but were slower than the floor',
  endgame: 'it was the last, and a peer nearby was slow',
  'lan-holder': 'a peer nearby had it',
  'wan-holder': 'a remote peer had it',
}

/** A line for each reason, the weightiest first. */
export function whyOrigin(originBytes: Account['originBytes']): string[] {
  const entries = Object.entries(originBytes) as [Reason, number][]
  return entries.sort((a, b) => b[1] - a[1]).map(([reason, bytes]) => `${formatBytes(bytes)}: ${BECAUSE[reason]}`)
}

/** One line about all that the daemon downloaded last. */
export function whyNotPeers(follows: readonly Pick<FollowStatus, 'bytes' | 'originBytes'>[]): string {
  const reasons = new Map<Reason, number>()
  let movedBytes = 0
  for (const { bytes, originBytes = {} } of follows) {
    if (bytes !== undefined) movedBytes += bytes.origin + bytes.lanPeers + bytes.wanPeers + bytes.cache
    for (const [reason, count] of Object.entries(originBytes) as [Reason, number][])
      reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  const originBytes = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  if (movedBytes === 0) return 'nothing was downloaded since the daemon was started'
  const share = (count: number): string => `${Math.round((count / movedBytes) * 100)}%`
  const parts = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${share(count)} ${BECAUSE[reason]}`)
  return `${share(originBytes)} from the origin${parts.length === 0 ? '' : ` = ${parts.join('; ')}`}`
}
