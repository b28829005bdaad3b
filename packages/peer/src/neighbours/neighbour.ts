/** One connected peer that speaks the chunk protocol, and what was moved to and from it. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Hello, Requester } from '../links/index.ts'

export interface Neighbour {
  readonly id: PeerId
  readonly key: string
  connection: Connection
  /** What it said of itself; undefined until its hello. */
  hello: Hello | undefined
  local: boolean
  /** The link on which this peer asks; undefined while there is none. */
  requester: Requester | undefined
  receivedBytes: number
  sentBytes: number
  wastedBytes: number
  readonly sinceMs: number
}

/** What `status` shows of a neighbour. */
export interface NeighbourInfo {
  id: string
  address: string
  direction: 'inbound' | 'outbound'
  encryption: string
  foundBy: string[]
  site: string
  role: string
  local: boolean
  receivedBytes: number
  sentBytes: number
  sinceMs: number
}
