import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** `exchange`: named by another peer over a link; the other four are found here. */
export type FoundBy = 'given' | 'mdns' | 'dht' | 'tracker' | 'exchange'

export interface Found {
  id: PeerId
  addresses: Multiaddr[]
  by: FoundBy
}

export interface Followed {
  /** A CID in base32. */
  topic: string
  complete: boolean
}

/** One way of finding others. */
export interface Source {
  /** What is followed has changed. */
  changed(): void
  /** Ends once its loop has; the signal it was started with ends the loop. */
  readonly done: Promise<void>
}

export type OnFound = (found: Found) => void
