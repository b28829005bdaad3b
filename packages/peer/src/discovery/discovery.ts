// Finding others: peers that were given, mDNS, the DHT, trackers. Each works alone, and none of them connects to what it
// finds.
import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'
import { PeerError } from '../error.ts'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { followDht, type DhtIntervals } from './dht.ts'
import type { Followed, OnFound, Source } from './found.ts'
import { reportGiven } from './given.ts'
import { fleetServiceTag, followMdns } from './mdns.ts'
import { keepMeeting } from './meet.ts'
import { followTracker } from './tracker.ts'

export interface DiscoveryConfig {
  fleet: string
  site?: string
  role: 'device' | 'cache'
  trackers: readonly Multiaddr[]
  /** Nodes through which the DHT is entered. Trackers are such nodes too and need not be named again. */
  bootstrap: readonly Multiaddr[]
  given: readonly Multiaddr[]
  /** Needs a node that was started with the DHT on. */
  dht: boolean
  mdns: boolean
  /** Instead of the fleet's own. */
  mdnsTag?: string
  intervals?: Partial<DhtIntervals & { mdnsQueryMs: number; redialMinMs: number; redialMaxMs: number }>
}

export interface Discovery extends AsyncDisposable {
  /** Looks for peers with this topic and is found under it; again with another state, only that changes. */
  follow(topic: CID, state: { complete: boolean }): void
  unfollow(topic: CID): void
}

/** Reports peers until disposed; the same one as often as it is heard of. `onEvent` hears what a log or `doctor` wants to know. */
export function startDiscovery(
  node: Libp2p,
  config: DiscoveryConfig,
  onFound: OnFound,
  { random = Math.random, onEvent = () => undefined }: { random?: () => number; onEvent?: OnEvent } = {},
): Promise<Discovery> {
  const intervals = { ...LIMITS.discovery, ...config.intervals }
  const stopping = new AbortController()
  const { signal } = stopping
  const topics = new Map<string, Followed>()
  const followed = (): Followed[] => [...topics.values()]
  const retry = { minMs: intervals.redialMinMs, maxMs: intervals.redialMaxMs }
  const common = { fleet: config.fleet, signal, random, retry, onEvent }

  const sources: Source[] = config.trackers.map((address) =>
    followTracker(node, address, followed, onFound, { ...common, site: config.site, role: config.role }),
  )
  if (config.dht) sources.push(followDht(node, dhtOf(node), followed, onFound, { ...common, intervals }))
  if (config.mdns) {
    const serviceTag = config.mdnsTag ?? fleetServiceTag(config.fleet)
    sources.push(followMdns(node, followed, onFound, { ...common, serviceTag, queryMs: intervals.mdnsQueryMs }))
  }
  const meetings = config.dht ? [...config.trackers, ...config.bootstrap] : config.bootstrap
  const running = Promise.allSettled([
    ...sources.map((source) => source.done),
    ...meetings.map((address) => keepMeeting(node, address, common)),
    ...config.given.map((address) => reportGiven(node, address, onFound, common)),
  ])
  const changed = (): void => {
    for (const source of sources) source.changed()
  }

  return Promise.resolve({
    follow(topic, { complete }) {
      const text = topic.toString()
      if (topics.get(text)?.complete === complete) return
      if (!topics.has(text) && topics.size >= LIMITS.discovery.followedMax) {
        throw new PeerError('CONFIG_INVALID', `more than ${LIMITS.discovery.followedMax} topics are followed`)
      }
      topics.set(text, { topic: text, complete })
      changed()
    },
    unfollow(topic) {
      if (topics.delete(topic.toString())) changed()
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('discovery is stopping'))
      const { promise: late, resolve } = Promise.withResolvers<undefined>()
      const timer = setTimeout(() => resolve(undefined), LIMITS.discovery.stopTimeoutMs)
      await Promise.race([running, late])
      clearTimeout(timer)
    },
  })
}

function dhtOf(node: Libp2p): KadDHT {
  const dht = node.services['dht'] as KadDHT | undefined
  if (dht === undefined) throw new PeerError('CONFIG_INVALID', 'the DHT is wanted, but the node was started without it')
  return dht
}
