// Peers that a person named. They are reported again and again: who connects forgets those that once did not answer.
import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { connectTo } from './connect.ts'
import type { OnFound } from './found.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'

interface GivenOptions {
  signal: AbortSignal
  random: () => number
  retry: { minMs: number; maxMs: number }
  onEvent: OnEvent
}

/** Runs until the signal aborts. An address without `/p2p/…` is dialled to learn whose it is. */
export async function reportGiven(
  node: Libp2p,
  address: Multiaddr,
  onFound: OnFound,
  options: GivenOptions,
): Promise<void> {
  await repeat(
    async () => {
      const id = ownerOf(address) ?? (await connectTo(node, address, options.signal))
      onFound({ id, addresses: [address], by: 'given' })
      return jitteredMs(LIMITS.discovery.givenMs, options.random)
    },
    {
      ...options,
      onFailure: (error, failures) => options.onEvent('unreachable', { address: address.toString(), failures, error }),
    },
  )
}

function ownerOf(address: Multiaddr): PeerId | undefined {
  const owner = address.getComponents().findLast((component) => component.name === 'p2p')?.value
  return owner === undefined ? undefined : peerIdFromString(owner)
}
