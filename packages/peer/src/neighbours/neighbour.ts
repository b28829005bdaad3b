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
  /** The faster link, for spans alone; undefined while there is none. */
  lane: Requester | undefined
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
  /** What carries the spans, in whichever direction they go. */
  lane: 'tls' | 'libp2p'
  receivedBytes: number
  sentBytes: number
  sinceMs: number
}

export function newNeighbour(connection: Connection): Neighbour {
  return {
    id: connection.remotePeer,
    key: connection.remotePeer.toString(),
    connection,
    hello: undefined,
    local: false,
    requester: undefined,
    lane: undefined,
    receivedBytes: 0,
    sentBytes: 0,
    wastedBytes: 0,
    sinceMs: Date.now(),
  }
}

/** @param asksOverLane whether it has a lane on which it asks this peer */
export function describeNeighbour(
  { key, connection, hello, local, lane, receivedBytes, sentBytes, sinceMs }: Neighbour,
  foundBy: Iterable<string>,
  asksOverLane: boolean,
): NeighbourInfo {
  return {
    id: key,
    address: connection.remoteAddr.toString(),
    direction: connection.direction,
    encryption: connection.encryption ?? '',
    foundBy: [...foundBy],
    site: hello?.site ?? '',
    role: hello?.role ?? '',
    local,
    lane: lane !== undefined || asksOverLane ? 'tls' : 'libp2p',
    receivedBytes,
    sentBytes,
    sinceMs,
  }
}
