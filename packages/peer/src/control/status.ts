/** What `status` shows. Every release that is not healthy says why, since when and what comes next. */
import type { SourceBytes } from '../download/account.ts'
import type { NeighbourInfo } from '../neighbours/index.ts'

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
  follows: FollowStatus[]
  neighbours: NeighbourInfo[]
}
