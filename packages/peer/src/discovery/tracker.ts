// Announces to one tracker what this peer follows, and reports whom the tracker names.
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { announce, AnnounceRefused } from '@shoal/tracker/client'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { createAlarm } from '../alarm.ts'
import { connectTo } from './connect.ts'
import type { Followed, OnFound, Source } from './found.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'

interface TrackerOptions {
  fleet: string
  site: string | undefined
  role: 'device' | 'cache'
  signal: AbortSignal
  random: () => number
  retry: { minMs: number; maxMs: number }
  onEvent: OnEvent
}

export function followTracker(
  node: Libp2p,
  address: Multiaddr,
  followed: () => Followed[],
  onFound: OnFound,
  options: TrackerOptions,
): Source {
  const { signal, random, onEvent } = options
  const alarm = createAlarm()

  const once = async (): Promise<number> => {
    const tracker = await connectTo(node, address, signal)
    try {
      const handOut = await announce(node, tracker, options.fleet, requestOf(followed(), options), { signal })
      for (const peer of handOut.peers) {
        const addresses = peer.addresses.map((text) => multiaddr(text))
        onFound({ id: peerIdFromString(peer.peerId), addresses, by: 'tracker' })
      }
      onEvent('announced', { address: address.toString(), peers: handOut.peers.length })
      return Math.min(handOut.intervalMs, LIMITS.discovery.trackerIntervalMaxMs)
    } catch (error) {
      if (!(error instanceof AnnounceRefused)) throw error
      onEvent('refused', { address: address.toString(), error })
      return jitteredMs(Math.min(error.retryMs, LIMITS.discovery.trackerIntervalMaxMs), random)
    }
  }

  const run = async (): Promise<void> => {
    // Nothing is said before something is followed; afterwards an empty list says goodbye.
    while (followed().length === 0 && !signal.aborted) {
      await alarm.wait(LIMITS.discovery.trackerIntervalMaxMs, signal)
    }
    await repeat(
      async () => {
        const nextMs = await once()
        // Changes that come in a burst are told together.
        await createAlarm().wait(LIMITS.discovery.trackerGapMs, signal)
        return Math.max(0, nextMs - LIMITS.discovery.trackerGapMs)
      },
      {
        ...options,
        alarm,
        onFailure: (error, failures) => onEvent('unreachable', { address: address.toString(), failures, error }),
      },
    )
  }
  return { changed: () => alarm.ring(), done: run() }
}

function requestOf(topics: Followed[], { role, site }: TrackerOptions): Parameters<typeof announce>[3] {
  // Whoever has everything needs nobody, but one that cannot be dialled must dial those who need it.
  const { trackerWantMax, trackerWantCompleteMax } = LIMITS.discovery
  const want = topics.every((topic) => topic.complete) ? trackerWantCompleteMax : trackerWantMax
  return { topics, role, want, ...(site === undefined ? {} : { site }) }
}
