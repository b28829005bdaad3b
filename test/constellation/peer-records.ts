/** What `shoal-peer get --json` and `run --json` print; the promise that tests and the demo hold it to. */

export interface SourceBytes {
  total: number
  reused: number
  resumed: number
  patched: number
  origin: number
  lanPeers: number
  wanPeers: number
  cache: number
  wasted: number
}

export interface Neighbour {
  id: string
  foundBy: string[]
  site: string
  local: boolean
  /** What carries the bulk. */
  lane: 'tls' | 'libp2p'
  receivedBytes: number
  sentBytes: number
}

export interface Installed {
  product: string
  channel: string
  platform: string
  release: string
  version: string
  changed: boolean
  sizeBytes: number
  elapsedMs: number
  bytes: SourceBytes
  originRequests: number
  originWireBytes: number
  peersUsed: number
  reasons: Record<string, number>
  originBytes: Record<string, number>
  wasted: Record<string, number>
  sentBytes: number
  neighbours: Neighbour[]
  bans: { peer: string; cause: string }[]
}

export type Phase = 'resolved' | 'manifest' | 'staged' | 'downloaded' | 'activated'

export interface Progress {
  doneBytes: number
  totalBytes: number
  /** Bytes a second. */
  rate: number
  bytes: SourceBytes
  waiting: Record<string, number>
  neighbours: number
}

export interface Failure {
  code: string
  message: string
  fix: string
}

export interface PeerRecords {
  listening: { peerId: string; addresses: string[] }
  phase: { phase: Phase; version?: string; reused?: number; resumed?: number }
  progress: Progress
  installed: Installed
  /** What happens to a release of a daemon beyond its download. */
  step: { step: string; version: string; rollout?: string; code?: string; message?: string }
  /** What holds a daemon where it is. */
  waiting: { reason: string; untilMs?: number; ring?: string; text: string }
  /** A daemon's attempt that came to nothing; it tries again. */
  failure: Failure
  summary: Installed
  error: Failure & { exit: number }
}
