/** What `status` shows. Every release that is not healthy says why, since when and what comes next. */
import type { SourceBytes } from '../download/account.ts'
import type { NeighbourInfo } from '../neighbours/index.ts'
import type { TrustStatus } from '../trust/index.ts'

export interface FollowStatus {
  target: string
  out: string
  state: 'starting' | 'checking' | 'downloading' | 'current' | 'failing'
  release?: string
  version?: string
  /** Bytes of the download under way. */
  doneBytes?: number
  totalBytes?: number
  rate?: number
  bytes?: SourceBytes
  waiting?: Record<string, number>
  reason?: string
  sinceMs: number
  nextCheckMs?: number
}

export interface PeerStatus {
  peerId: string
  version: string
  site: string
  paused: boolean
  startedMs: number
  addresses: string[]
  origin: string | undefined
  sentBytes: number
  /** Of the signed metadata: what there is of it, and how fresh it is. */
  metadata: TrustStatus
  /** Of a private fleet only. */
  membership?: { group: string; role: string; expires: string; revocations: number }
  follows: FollowStatus[]
  neighbours: NeighbourInfo[]
}
