// libp2p asks a new connection who it is exactly once and swallows the failure; without an answer neither the DHT nor
// any protocol works over it. So a connection counts only when it is identified, and is closed for a new one otherwise.
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export type Dialler = Pick<Libp2p, 'dial' | 'peerStore' | 'addEventListener' | 'removeEventListener'>

/** Dials, or finds the connection that is there, and waits until the other side is known. */
export async function connectTo(node: Dialler, address: Multiaddr, signal: AbortSignal): Promise<PeerId> {
  const dialTimeout = AbortSignal.timeout(LIMITS.discovery.dialTimeoutMs)
  const connection = await node.dial(address, { signal: AbortSignal.any([signal, dialTimeout]) })
  try {
    await identified(node, connection.remotePeer, signal)
    return connection.remotePeer
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error('not identified'))
    throw error
  }
}

async function identified(node: Dialler, peer: PeerId, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const onIdentify = ({ detail }: { detail: { peerId: PeerId } }): void => {
    if (detail.peerId.equals(peer)) resolve(undefined)
  }
  const onAbort = (): void => reject(new PeerError('TIMEOUT', 'discovery is stopping'))
  const timer = setTimeout(
    () => reject(new PeerError('TIMEOUT', `${peer.toString()} did not say who it is`)),
    LIMITS.discovery.identifyTimeoutMs,
  )
  node.addEventListener('peer:identify', onIdentify)
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) onAbort()
    // Looked up after the listener stands: it may have been identified before.
    else if (await speaksProtocols(node, peer)) resolve(undefined)
    await promise
  } finally {
    clearTimeout(timer)
    node.removeEventListener('peer:identify', onIdentify)
    signal.removeEventListener('abort', onAbort)
  }
}

async function speaksProtocols(node: Dialler, peer: PeerId): Promise<boolean> {
  try {
    return (await node.peerStore.get(peer)).protocols.length > 0
  } catch {
    // The store throws for a peer it has not heard of yet.
    return false
  }
}
