// Finds peers of the fleet on this LAN. libp2p's module has every node answer every query by multicast, which grows with
// the square of the neighbourhood; here a node asks rarely, less often the more it knows, and answers once a second at most.
import type { Libp2p, PeerDiscovery, PeerInfo } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { LIMITS } from '../limits.ts'
import { createAlarm } from './alarm.ts'
import type { Followed, OnEvent, OnFound, Source } from './found.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'

interface MdnsOptions {
  serviceTag: string
  queryMs: number
  signal: AbortSignal
  random: () => number
  onEvent: OnEvent
}

/** The parts of libp2p's module that its interface leaves out. */
interface Multicast {
  mdns?: { query(question: object): void; on(event: 'warning' | 'error', listener: (error: Error) => void): void }
  _onMdnsQuery(event: { questions: { name: string }[] }): void
  start(): Promise<void>
  stop(): Promise<void>
}

/** Fleets on one LAN do not see each other. The tag is not a secret: it is in every packet. */
export function fleetServiceTag(fleet: string): string {
  return `_shoal-${fleet.slice(0, 16)}._udp.local`
}

export function followMdns(node: Libp2p, followed: () => Followed[], onFound: OnFound, options: MdnsOptions): Source {
  const { signal, random, onEvent } = options
  const found = new Set<string>()
  const alarm = createAlarm()
  const multicast = createMulticast(node, options)
  multicast.addEventListener('peer', ({ detail }: { detail: PeerInfo }) => {
    if (detail.id.equals(node.peerId) || detail.multiaddrs.length === 0) return
    if (found.size < LIMITS.candidatesMax) found.add(detail.id.toString())
    onFound({ id: detail.id, addresses: detail.multiaddrs, by: 'mdns' })
  })

  const run = async (): Promise<void> => {
    await multicast.start()
    multicast.mdns?.on('warning', (error) => onEvent('mdns-failed', { error }))
    multicast.mdns?.on('error', (error) => onEvent('mdns-failed', { error }))
    let asked = 0
    await repeat(
      async () => {
        multicast.mdns?.query({ questions: [{ name: options.serviceTag, type: 'PTR' }] })
        asked += 1
        const isSearching = found.size === 0 && followed().some((topic) => !topic.complete)
        return nextQueryMs({ asked, found: found.size, isSearching, queryMs: options.queryMs }, random)
      },
      {
        signal,
        random,
        alarm,
        retry: { minMs: options.queryMs, maxMs: options.queryMs },
        onFailure: (error) => onEvent('mdns-failed', { error }),
      },
    )
    await multicast.stop()
  }
  const failed = (error: unknown): void => onEvent('mdns-failed', { error })
  return { changed: () => (found.size === 0 ? alarm.ring() : undefined), done: run().catch(failed) }
}

/** The first packets may be lost; a full LAN is asked rarely, an empty one again soon while something is missing. */
export function nextQueryMs(
  state: { asked: number; found: number; isSearching: boolean; queryMs: number },
  random: () => number,
): number {
  const crowds = Math.max(1, state.found / LIMITS.discovery.mdnsPeersPerInterval)
  const steadyMs = jitteredMs(state.queryMs * crowds, random)
  const earlyMs = jitteredMs(1_000 * 2 ** Math.min(state.asked - 1, 5), random)
  return state.asked < 3 || state.isSearching ? Math.min(earlyMs, steadyMs) : steadyMs
}

/** Lets through one event at most every `gapMs`, after a short random delay; what comes in between is covered by it. */
export function atMostEvery<T>(
  gapMs: number,
  delayMs: () => number,
  act: (event: T) => void,
  signal: AbortSignal,
): (event: T) => void {
  let lastMs = -Infinity
  let pending: NodeJS.Timeout | undefined
  signal.addEventListener('abort', () => clearTimeout(pending))
  return (event) => {
    if (pending !== undefined || signal.aborted) return
    pending = setTimeout(
      () => {
        pending = undefined
        lastMs = performance.now()
        act(event)
      },
      Math.max(delayMs(), lastMs + gapMs - performance.now()),
    )
  }
}

function createMulticast(node: Libp2p, { serviceTag, random, signal }: MdnsOptions): Multicast & PeerDiscovery {
  type Components = Parameters<ReturnType<typeof mdns>>[0]
  const addressManager = { getAddresses: () => node.getMultiaddrs() } as Components['addressManager']
  // Its own timer never comes: asking is paced here.
  const init = { serviceTag, interval: 2 ** 31 - 1 }
  const multicast = mdns(init)({ addressManager, logger: node.logger }) as PeerDiscovery & Multicast
  const answer = multicast._onMdnsQuery.bind(multicast)
  const { mdnsAnswerGapMs, mdnsAnswerDelayMs } = LIMITS.discovery
  const paced = atMostEvery(mdnsAnswerGapMs, () => random() * mdnsAnswerDelayMs, answer, signal)
  multicast._onMdnsQuery = (event) => {
    if (event.questions[0]?.name === serviceTag) paced(event)
  }
  return multicast
}
