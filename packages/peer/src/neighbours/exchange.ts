/** Peers told by peers: what this one tells of its neighbours, and what it learns from them. */
import { PeerError } from '../error.ts'
import { decodePeerList, encodePeerList, type ToldPeer } from '../links/index.ts'
import type { Candidates } from './candidates.ts'
import type { Neighbour } from './neighbour.ts'

/** Neighbours that are worth a dial: they said hello, and it is known where they can be reached. */
export function tellPeers(neighbours: Iterable<Neighbour>, candidates: Candidates, asker: string): Uint8Array {
  const told: ToldPeer[] = []
  for (const { id, key, hello } of neighbours) {
    const addresses = [...(candidates.get(id)?.addresses.values() ?? [])]
    if (key !== asker && hello !== undefined && addresses.length > 0) told.push({ id, addresses })
  }
  return encodePeerList(told)
}

/** @throws PeerError PROTOCOL_VIOLATION for a list that cannot be read; nothing when the neighbour does not answer */
export async function askForPeers(neighbour: Neighbour, signal: AbortSignal): Promise<ToldPeer[]> {
  try {
    const told = await neighbour.requester?.fetchPeers(signal)
    return told === undefined ? [] : decodePeerList(told)
  } catch (error) {
    if (error instanceof PeerError) throw error
    // The signal: this peer is stopping.
    return []
  }
}
