// What the tracker answers. No I/O here: a question and who asked go in, a reply comes out.
import { dialableAddress, isLoopbackAddress } from '../announce/address.ts'
import { parseAnnounce, type AnnounceMessage, type HandedOutPeer, type ReplyMessage } from '../announce/message.ts'
import { handOut } from '../hand-out/hand-out.ts'
import { announceIntervalMs } from '../hand-out/interval.ts'
import { LIMITS } from '../limits.ts'
import type { Registered, Registry } from '../registry/registry.ts'
import type { RateLimit } from './rate-limit.ts'

export interface Asker {
  /** Proven by the connection. */
  peerId: string
  /** Where the connection comes from. */
  remoteAddress: string
  /** Of a private fleet: what its credential says counts, whatever it announces. */
  member?: { site: string; role: string } | undefined
}

interface ServiceDeps {
  registry: Registry
  rateLimit: RateLimit
  now: () => number
  random: () => number
  intervalMs: number
}

export function answerAnnounce(question: unknown, asker: Asker, deps: ServiceDeps): ReplyMessage {
  const { registry, rateLimit, now, random } = deps
  const retryMs = rateLimit.take(asker.peerId)
  if (retryMs > 0) return { v: 1, status: 'too-often', retryMs: Math.ceil(retryMs) }
  const announced = parseAnnounce(question)
  if (announced === undefined) return { v: 1, status: 'invalid', retryMs: deps.intervalMs }
  const announce = asCertified(announced, asker)

  const isLocal = isLoopbackAddress(asker.remoteAddress)
  const intervalMs = announceIntervalMs(registry.peers, deps.intervalMs, random)
  const peer = toRegistered(announce, asker.peerId, isLocal, now() + intervalMs * LIMITS.expiryIntervals)
  if (peer.topics.size === 0 || peer.addresses.length === 0) registry.remove(peer.peerId)
  else registry.put(peer)

  const { near, far } = registry.around(peer, announce.want * LIMITS.handOutCandidatesPerWanted)
  const candidates = (others: Registered[]): Candidate[] =>
    others.flatMap((other) => {
      const addresses = isLocal ? other.addresses : other.remoteAddresses
      if (addresses.length === 0 || !haveUseForEachOther(other, peer)) return []
      return { other, role: other.role, complete: hasAllOfAny(other, peer), addresses }
    })
  const chosen = handOut({ near: candidates(near), far: candidates(far) }, announce.want, random)
  return { v: 1, status: 'ok', intervalMs, peers: chosen.map(describe) }
}

function asCertified(announce: AnnounceMessage, { member }: Asker): AnnounceMessage {
  if (member === undefined) return announce
  const { v, topics, want, addresses } = announce
  const role = member.role === 'cache' ? 'cache' : 'device'
  return { v, topics, want, addresses, role, ...(member.site === '' ? {} : { site: member.site }) }
}

interface Candidate {
  other: Registered
  role: 'device' | 'cache'
  complete: boolean
  addresses: readonly string[]
}

function toRegistered(announce: AnnounceMessage, peerId: string, isLocal: boolean, expiresMs: number): Registered {
  const dialable = announce.addresses
    .map((address) => dialableAddress(address, peerId))
    .filter((address) => address !== undefined)
    // With the peer id at its end it may have become longer than the one who gets it allows.
    .filter((address) => address.length <= LIMITS.addressCharactersMax)
  // Somebody else's loopback address is no address.
  const remoteAddresses = dialable.filter((address) => !isLoopbackAddress(address))
  const addresses = isLocal ? dialable : remoteAddresses
  const topics = new Map(announce.topics.map(({ topic, complete }) => [topic, complete]))
  return { peerId, addresses, remoteAddresses, site: announce.site, role: announce.role, topics, expiresMs }
}

/** Two that both have everything do not. */
function haveUseForEachOther(other: Registered, asker: Registered): boolean {
  for (const [topic, complete] of asker.topics) {
    const otherComplete = other.topics.get(topic)
    if (otherComplete !== undefined && !(complete && otherComplete)) return true
  }
  return false
}

function hasAllOfAny(other: Registered, asker: Registered): boolean {
  for (const topic of asker.topics.keys()) if (other.topics.get(topic) === true) return true
  return false
}

function describe({ other, role, complete, addresses }: Candidate): HandedOutPeer {
  const site = other.site === undefined ? {} : { site: other.site }
  return { peerId: other.peerId, addresses: [...addresses], ...site, role, complete }
}
