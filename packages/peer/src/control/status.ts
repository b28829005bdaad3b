/** What `status` shows. Every release that is not healthy says why, since when and what comes next. */
import type { CacheStatus } from '../cache/index.ts'
import type { Account, SourceBytes } from '../download/account.ts'
import type { NeighbourInfo } from '../neighbours/index.ts'
import type { BrokerStatus } from '../news/index.ts'
import type { BackgroundStatus, Flow, Limit } from '../traffic/index.ts'
import type { StayReason } from '@shoal/release'
import type { Failure } from '../rollout/index.ts'
import type { ReportsStatus } from '../reports/index.ts'
import type { TrustStatus } from '../trust/index.ts'

export interface FollowStatus {
  target: string
  out: string
  /** `soaking`: activated, and to stay healthy until `untilMs`; `waiting`: there is something that it may not have, or not yet. */
  state: 'starting' | 'checking' | 'downloading' | 'soaking' | 'current' | 'waiting' | 'failing'
  release?: string
  version?: string
  /** Bytes of the download under way. */
  doneBytes?: number
  totalBytes?: number
  rate?: number
  bytes?: SourceBytes
  /** Spans by why their source was chosen, and bytes of the origin by why it was asked. */
  reasons?: Account['reasons']
  originBytes?: Account['originBytes']
  waiting?: Record<string, number>
  reason?: string
  /** Of `waiting`: for what, and in which ring of which rollout. */
  wait?: StayReason | 'postponed'
  untilMs?: number
  ring?: string
  rollout?: string
  /** What failed here last, and is not tried again. */
  failed?: Failure
  sinceMs: number
  nextCheckMs?: number
}

/** `bytesPerSecond` is null without a limit, and 0 for never. */
export type LimitStatus = Omit<Limit, 'rate'> & { bytesPerSecond: number | null }

export interface PeerStatus {
  peerId: string
  version: string
  site: string
  role: 'device' | 'cache'
  /** Of a cache only. */
  cache?: CacheStatus
  paused: boolean
  startedMs: number
  addresses: string[]
  origin: string | undefined
  sentBytes: number
  /** Of them, to neighbours of other sites. */
  sentWanBytes: number
  limits: Record<Flow, LimitStatus>
  /** Only in the background. */
  background?: BackgroundStatus
  /** Of the signed metadata: what there is of it, and how fresh it is. */
  metadata: TrustStatus
  /** Where one is known, or wanted: `staged` are the followed targets that it decides on. */
  policy?: { version?: number; expires?: string; staged: string[] }
  /** Of a private fleet only. */
  membership?: { group: string; role: string; expires: string; revocations: number }
  follows: FollowStatus[]
  /** Of a device that has a tracker to report to. */
  reports?: ReportsStatus
  /** Where one is configured. */
  broker?: BrokerStatus
  neighbours: NeighbourInfo[]
}
