// The two things that are asked of the DHT, over the part of libp2p's interface that says whether anybody answered.
import type { PeerInfo } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { CID } from 'multiformats/cid'
import { LIMITS } from '../limits.ts'

/** Tells the nodes nearest to the topic that this one provides it; returns how many took the record. */
export async function provide(dht: Pick<KadDHT, 'provide'>, topic: CID, signal: AbortSignal): Promise<number> {
  let stored = 0
  for await (const event of dht.provide(topic, { signal })) {
    if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') stored += 1
    signal.throwIfAborted()
  }
  return stored
}

/** Reports providers as they are heard of, up to a limit; returns how many. Its own record is among them. */
export async function lookUp(
  dht: Pick<KadDHT, 'findProviders'>,
  topic: CID,
  onProvider: (provider: PeerInfo) => void,
  signal: AbortSignal,
): Promise<number> {
  let found = 0
  for await (const event of dht.findProviders(topic, { signal })) {
    signal.throwIfAborted()
    if (event.name !== 'PROVIDER') continue
    for (const provider of event.providers) {
      found += 1
      onProvider(provider)
      if (found >= LIMITS.discovery.dhtFoundMax) return found
    }
  }
  return found
}
