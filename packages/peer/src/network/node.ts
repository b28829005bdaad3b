import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { startNode as start, type Handshake } from '@shoal/tracker/client'
import { LIMITS } from '../limits.ts'
import { asPeerError } from './failure.ts'

export { stopNode } from '@shoal/tracker/client'

export interface NetworkConfig {
  /** 32 hex characters from the trusted root. */
  fleet: string
  privateKey: PrivateKey
  listen: readonly Multiaddr[]
  /** Told to others instead of the addresses listened on. Needed for public addresses: libp2p keeps those to itself. */
  announce?: readonly Multiaddr[]
  /** `client` where nobody can dial this peer. */
  dht: 'server' | 'client' | 'off'
  connectionsMax?: number
  /** Of a private fleet: what both sides of a connection must pass before anything else is said on it. */
  handshake?: Handshake
}

/** Starts the libp2p node of this peer; LISTEN_FAILED when an address cannot be listened on. Stop it with `stopNode`. */
export async function startNode(config: NetworkConfig): Promise<Libp2p> {
  try {
    return await start({ connectionsMax: LIMITS.discovery.connectionsMax, ...config })
  } catch (error) {
    throw asPeerError(error)
  }
}
