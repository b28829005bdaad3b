/** What is simulated, and what comes of it: plain data. Rates are bytes a second, times ms from the beginning. */
import type { Reason, SwarmPolicy } from '@shoal/peer'

export interface SimulatedPeer {
  name: string
  site: string
  startsMs?: number
  /** When it vanishes without a word, and when it is back with what it had. */
  diesMs?: number
  returnsMs?: number
  /** Between these it stands still: it neither thinks nor sends nor takes anything, and nobody is told. */
  pausesMs?: number
  resumesMs?: number
  /** In either direction; the LAN's rate when absent. */
  rate?: number
  /** Has everything from the start. */
  complete?: boolean
  /** Claims to have everything, and delivers bytes that do not verify. */
  lies?: boolean
}

/** For so long nothing passes the site's uplink. */
export interface Cut {
  site: string
  fromMs: number
  toMs: number
}

export interface Scenario {
  seed: number
  sizeBytes: number
  spanBytes: number
  peers: readonly SimulatedPeer[]
  /** Of each site in either direction, shared by the origin and other sites. */
  uplinkRate: number
  lanRate: number
  /** Of the origin, all sites together; unlimited when absent. */
  originRate?: number
  cuts?: readonly Cut[]
  policy?: Partial<SwarmPolicy>
  endsMs: number
}

export interface PeerOutcome {
  readonly peer: SimulatedPeer
  doneMs: number | undefined
  /** Verified, by where it came from. */
  originBytes: number
  wanBytes: number
  lanBytes: number
  /** Received and thrown away. */
  wastedBytes: number
  /** Of what was thrown away, what had passed the uplink. */
  wastedUplinkBytes: number
  /** Spans, by why their source was asked. */
  reasons: Partial<Record<Reason, number>>
  /** Frames that it sent. */
  sent: { available: number; have: number; fetching: number; request: number; cancel: number }
  /** Most neighbours at a time. */
  neighboursMost: number
  /** Those that it would have nothing to do with any more. */
  bans: number
}

export interface Outcome {
  peers: PeerOutcome[]
  /** When nothing was left to do, or time was up. */
  endedMs: number
}
