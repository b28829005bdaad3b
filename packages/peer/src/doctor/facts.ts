/** What a running daemon can tell of itself and its surroundings, for the checks of `doctor`. */
import type { PeerStatus } from '../control/index.ts'

export interface DoctorFacts {
  /** By the clock of this machine. */
  nowMs: number
  status: PeerStatus
  trackers: TrackerFacts[]
  /** Absent where none is configured. */
  origin?: OriginFacts
  discovery: {
    mdns: boolean
    /** Networks that this machine is in, such as 10.4.0.7/22. */
    networks: string[]
  }
  /** Connections that others opened to this peer. */
  inboundConnections: number
  disks: { path: string; freeBytes: number; sizeBytes: number }[]
}

export interface TrackerFacts {
  address: string
  roundTripMs?: number
  /** Why it cannot be reached. */
  failure?: string
}

export interface OriginFacts {
  url: string
  /** Whether a limit of this peer says never. */
  isForbidden: boolean
  roundTripMs?: number
  /** Absent when what was asked for is not there. */
  rangeWorks?: boolean
  /** How far its clock is ahead of this machine's; to about a second. */
  aheadMs?: number
  failure?: { message: string; fix: string | undefined }
}
