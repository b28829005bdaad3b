/** What the daemon says of itself: gathered from its parts, and the same for `status`, `doctor` and metrics. */
import { formatTarget } from '@shoal/release'
import type { Cache } from '../cache/index.ts'
import type { LimitStatus, PeerStatus } from '../control/index.ts'
import type { Following } from '../follow.ts'
import type { Peer } from '../peer.ts'
import type { Reports } from '../reports/index.ts'
import { FLOWS, type Flow } from '../traffic/index.ts'
import type { Followed } from './roles.ts'
import { VERSION } from './version.ts'

interface Parts {
  role: PeerStatus['role']
  startedMs: number
  follows: readonly Followed[]
  following: readonly Following[]
  cache: Cache | undefined
  reports: Reports | undefined
}

export function daemonStatus(peer: Peer, { role, startedMs, follows, following, cache, reports }: Parts): PeerStatus {
  const { neighbours, traffic } = peer
  return {
    peerId: peer.id,
    version: VERSION,
    site: peer.site,
    role,
    ...(cache === undefined ? {} : { cache: cache.status() }),
    paused: peer.isPaused(),
    startedMs,
    addresses: peer.node.getMultiaddrs().map(String),
    origin: peer.origin?.url,
    sentBytes: neighbours.sentBytes,
    sentWanBytes: neighbours.sentWanBytes,
    limits: limitStatus(peer),
    ...(traffic.background === undefined ? {} : { background: traffic.background.status() }),
    metadata: peer.trust.status(),
    ...policyStatus(peer, follows),
    ...membershipStatus(peer),
    follows: following.map((each) => each.status()),
    ...(reports === undefined ? {} : { reports: reports.status() }),
    ...(peer.broker === undefined ? {} : { broker: peer.broker.status() }),
    neighbours: neighbours.list(),
  }
}

function limitStatus({ traffic }: Peer): PeerStatus['limits'] {
  const limits = traffic.limits()
  const entries = FLOWS.map((flow): [Flow, LimitStatus] => {
    const { rate, ...rest } = limits[flow]
    return [flow, { bytesPerSecond: rate === Infinity ? null : rate, ...rest }]
  })
  return Object.fromEntries(entries) as PeerStatus['limits']
}

function policyStatus({ trust }: Peer, follows: readonly Followed[]): Pick<PeerStatus, 'policy'> {
  const policy = trust.policy()
  // A pinned version is the word of whoever wrote it there.
  const byPolicy = follows.filter(({ target }) => target.version === undefined && trust.isStaged(target))
  const staged = byPolicy.map(({ target }) => formatTarget(target))
  if (policy !== undefined)
    return { policy: { version: policy.version, expires: policy.expires.toISOString(), staged } }
  return staged.length === 0 ? {} : { policy: { staged } }
}

function membershipStatus({ membership: kept }: Peer): Pick<PeerStatus, 'membership'> {
  if (kept === undefined) return {}
  const { credential, sequence } = kept.membership
  const { group, role, expires } = credential
  return { membership: { group, role, expires: new Date(expires * 1_000).toISOString(), revocations: sequence } }
}
