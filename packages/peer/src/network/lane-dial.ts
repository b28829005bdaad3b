/** Opens a lane to a neighbour. */
import type { OnReadOpts } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import type { PeerId } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import { createLaneReader, linkOverLane, type Link } from '../links/index.ts'
import { laneOptions, provenPeer, type LaneIdentity } from './lane-tls.ts'

export interface LaneAddress {
  host: string
  port: number
}

/**
 * Resolves when the other side has proven to be the peer.
 * @throws PeerError PROTOCOL_VIOLATION when somebody else is there; an Error of the network; the signal's reason, TimeoutError
 */
export async function dialLane(
  identity: LaneIdentity,
  { host, port }: LaneAddress,
  peer: PeerId,
  signal: AbortSignal,
): Promise<Link> {
  const reader = createLaneReader()
  const { buffer, callback } = reader
  // The types of Node know `onread` of plain sockets only.
  const options: ConnectionOptions & { onread: OnReadOpts } = {
    ...laneOptions(identity),
    host,
    port,
    servername: '',
    onread: { buffer, callback },
  }
  const socket = connect(options)
  socket.setNoDelay(true)
  try {
    const opening = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.lane.openTimeoutMs)])
    await provenPeer(socket, 'secureConnect', opening, peer)
    signal.throwIfAborted()
    return linkOverLane(peer.toString(), socket, reader)
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  }
}
