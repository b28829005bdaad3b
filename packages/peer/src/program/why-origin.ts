/** The answer to "why did bytes come from the origin?", for people. */
import { formatBytes } from '@shoal/cli'
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
