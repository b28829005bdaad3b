// Finds peers of the fleet on this LAN. libp2p's module has every node answer every query by multicast, which grows with
// the square of the neighbourhood, and sends on one interface only. Here a node asks rarely, less often the more it knows,
// answers once a second at most, and speaks on every interface.
import type { Libp2p, PeerDiscovery, PeerInfo } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { hkdfSync, randomBytes } from 'node:crypto'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { createAlarm } from '../alarm.ts'
import { atMostEvery } from './at-most-every.ts'
import { encodeDnsMessage, type DnsMessage } from './dns-message.ts'
import type { Followed, OnFound, Source } from './found.ts'
import { createMulticast } from './multicast.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'
import { tellSometimes } from './tell-sometimes.ts'

interface MdnsOptions {
  serviceTag: string
  queryMs: number
  signal: AbortSignal
  random: () => number
  onEvent: OnEvent
}

/** Parts of libp2p's module that its interface leaves out. `mdns` is there once it is started. */
interface Responder extends PeerDiscovery {
  mdns?: {
    send(message: DnsMessage): void
    query(question: { questions: DnsMessage['questions'] }): void
    on(event: 'warning' | 'error', listener: (error: Error) => void): void
  }
  _onMdnsQuery(event: { questions: { name: string }[] }): void
  start(): Promise<void>
  stop(): Promise<void>
}

/** Fleets on one LAN do not see each other. The tag is not a secret: it is in every packet. */
export function fleetServiceTag(fleet: string): string {
  return `_shoal-${fleet.slice(0, 16)}._udp.local`
}

/** Of a private fleet: strangers on the LAN see that some service is there, and members find each other. */
export function memberServiceTag(secret: Uint8Array): string {
  const tag = Buffer.from(hkdfSync('sha256', secret, '', 'shoal/mdns/v1', 8)).toString('hex')
  return `_${tag}._udp.local`
}

export function followMdns(node: Libp2p, followed: () => Followed[], onFound: OnFound, options: MdnsOptions): Source {
  const { signal, random, onEvent, queryMs, serviceTag } = options
  const found = new Set<string>()
  const alarm = createAlarm()
  // A LAN that is full, or an interface that is gone, fails with every packet.
  const onFailure = tellSometimes(LIMITS.discovery.mdnsFailedEveryMs, (error, count) =>
    onEvent('mdns-failed', { error, count }),
  )
  const responder = createResponder(node, options)
  responder.addEventListener('peer', ({ detail }: { detail: PeerInfo }) => {
    if (signal.aborted || detail.id.equals(node.peerId) || detail.multiaddrs.length === 0) return
    if (found.size < LIMITS.candidatesMax) found.add(detail.id.toString())
    onFound({ id: detail.id, addresses: detail.multiaddrs, by: 'mdns' })
  })

  let asked = 0
  const ask = async (): Promise<number> => {
    responder.mdns?.query({ questions: [{ name: serviceTag, type: 'PTR' }] })
    asked += 1
    const isSearching = found.size === 0 && followed().some((topic) => !topic.complete)
    return nextQueryMs({ asked, found: found.size, isSearching, queryMs }, random)
  }
  const run = async (): Promise<void> => {
    using multicast = createMulticast()
    await responder.start()
    if (responder.mdns !== undefined) {
      responder.mdns.on('warning', onFailure)
      responder.mdns.on('error', onFailure)
      responder.mdns.send = (message) => {
        void multicast.send(encodeDnsMessage(message)).then((error) => error === undefined || onFailure(error))
      }
    }
    await repeat(ask, { signal, random, alarm, retry: { minMs: queryMs, maxMs: queryMs }, onFailure })
    await responder.stop()
  }
  return { changed: () => (found.size === 0 ? alarm.ring() : undefined), done: run().catch(onFailure) }
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

function createResponder(node: Libp2p, { serviceTag, random, signal }: MdnsOptions): Responder {
  type Components = Parameters<ReturnType<typeof mdns>>[0]
  const addressManager = { getAddresses: () => node.getMultiaddrs() } as Components['addressManager']
  // A short name keeps the answer in one packet; the module's own timer never comes, for asking is paced here.
  const init = { serviceTag, peerName: randomBytes(8).toString('hex'), interval: 2 ** 31 - 1 }
  const responder = mdns(init)({ addressManager, logger: node.logger }) as Responder
  const { mdnsAnswerGapMs: gapMs, mdnsAnswerDelayMs } = LIMITS.discovery
  const pace = { gapMs, delayMs: () => random() * mdnsAnswerDelayMs, signal }
  const answer = atMostEvery(pace, responder._onMdnsQuery.bind(responder))
  responder._onMdnsQuery = (event) => {
    if (event.questions[0]?.name === serviceTag) answer(event)
  }
  return responder
}
