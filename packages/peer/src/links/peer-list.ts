/** Peers told by peers: the answer to "whom else do you know?", dag-cbor, bounded and strict. */
import * as cbor from '@ipld/dag-cbor'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@libp2p/interface'
import * as z from 'zod'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface ToldPeer {
  id: PeerId
  addresses: Multiaddr[]
}

const schema = z
  .array(
    z.strictObject({
      id: z.string().max(128),
      addrs: z.array(z.string().max(256)).min(1).max(LIMITS.exchangeAddressesMax),
    }),
  )
  .max(LIMITS.exchangePeersMax)

export function encodePeerList(peers: readonly ToldPeer[]): Uint8Array {
  return cbor.encode(
    peers.slice(0, LIMITS.exchangePeersMax).map(({ id, addresses }) => ({
      id: id.toString(),
      addrs: addresses.slice(0, LIMITS.exchangeAddressesMax).map(String),
    })),
  )
}

/** @throws PeerError PROTOCOL_VIOLATION */
export function decodePeerList(bytes: Uint8Array): ToldPeer[] {
  try {
    return schema.parse(cbor.decode(bytes)).map(({ id, addrs }) => ({
      id: peerIdFromString(id),
      addresses: addrs.map((address) => multiaddr(address)),
    }))
  } catch (cause) {
    throw new PeerError('PROTOCOL_VIOLATION', 'a list of peers that cannot be read', { cause })
  }
}
