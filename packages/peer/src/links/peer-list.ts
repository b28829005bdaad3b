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

const ADDRESS_CHARACTERS_MAX = 256

const schema = z
  .array(
    z.strictObject({
      id: z.string().max(128),
      addrs: z.array(z.string().max(ADDRESS_CHARACTERS_MAX)).min(1).max(LIMITS.exchangeAddressesMax),
    }),
  )
  .max(LIMITS.exchangePeersMax)

/** What others have said of themselves goes on only if everybody can read it: the one who passes it on is the one who would be banned. */
export function encodePeerList(peers: readonly ToldPeer[]): Uint8Array {
  const told = peers.flatMap(({ id, addresses }) => {
    const addrs = addresses.map(String).filter(isReadable).slice(0, LIMITS.exchangeAddressesMax)
    return addrs.length === 0 ? [] : [{ id: id.toString(), addrs }]
  })
  return cbor.encode(told.slice(0, LIMITS.exchangePeersMax))
}

/** An address that came in its binary form may have a text that is none. */
function isReadable(text: string): boolean {
  if (Buffer.byteLength(text) > ADDRESS_CHARACTERS_MAX) return false
  try {
    return multiaddr(text).toString() === text
  } catch {
    return false
  }
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
