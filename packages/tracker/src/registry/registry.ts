// Who follows what, as far as it was announced lately. Everything here grows by what strangers send, so everything has a
// limit: who is dropped at a limit comes back with its next announce.
import { LIMITS } from '../limits.ts'
import { createTopicMembers, type TopicMembers } from './topic.ts'

export interface Registered {
  readonly peerId: string
  readonly addresses: readonly string[]
  /** Those of them that mean something on other machines. */
  readonly remoteAddresses: readonly string[]
  readonly site: string | undefined
  readonly role: 'device' | 'cache'
  /** Topic → whether the peer has all of it. */
  readonly topics: ReadonlyMap<string, boolean>
  readonly expiresMs: number
}

interface Neighbourhood {
  near: Registered[]
  far: Registered[]
}

export interface Registry {
  readonly peers: number
  readonly topics: number
  /** Replaces what the peer announced before. */
  put(peer: Registered): void
  remove(peerId: string): void
  /** Some of those that share a topic with this one, itself excepted, none of them expired. */
  around(peer: Pick<Registered, 'peerId' | 'site' | 'topics'>, countMax?: number): Neighbourhood
  /** Forgets the expired; returns how many. */
  expire(): number
}

export type RegistryLimits = Pick<typeof LIMITS, 'peersMax' | 'peersPerTopicMax' | 'topicsMax' | 'handOutCandidatesMax'>

export function createRegistry(
  { now, random }: { now: () => number; random: () => number },
  limits: { readonly [K in keyof RegistryLimits]: number } = LIMITS,
): Registry {
  // In the order of the announces: the first is the one that was not heard of for longest.
  const peers = new Map<string, Registered>()
  const topics = new Map<string, TopicMembers<Registered>>()

  const remove = (peerId: string): void => {
    const peer = peers.get(peerId)
    if (peer === undefined) return
    peers.delete(peerId)
    for (const topic of peer.topics.keys()) leave(peer, topic)
  }

  const leave = (peer: Registered, topic: string): void => {
    const members = topics.get(topic)
    members?.delete(peer.peerId, peer.site)
    if (members?.size === 0) topics.delete(topic)
  }

  const join = (peer: Registered, topic: string): void => {
    let members = topics.get(topic)
    if (members === undefined) {
      if (topics.size >= limits.topicsMax) return
      members = createTopicMembers()
      topics.set(topic, members)
    }
    if (members.size >= limits.peersPerTopicMax) {
      const unlucky = members.any(random)
      if (unlucky !== undefined) members.delete(unlucky.peerId, unlucky.site)
    }
    members.set(peer.peerId, peer.site, peer)
  }

  return {
    get peers() {
      return peers.size
    },
    get topics() {
      return topics.size
    },
    put(peer) {
      remove(peer.peerId)
      const oldest = peers.size >= limits.peersMax ? peers.keys().next().value : undefined
      if (oldest !== undefined) remove(oldest)
      peers.set(peer.peerId, peer)
      for (const topic of peer.topics.keys()) join(peer, topic)
    },
    remove,
    around({ peerId, site, topics: wanted }, countMax = limits.handOutCandidatesMax) {
      const near: Registered[] = []
      const far: Registered[] = []
      const count = Math.ceil(Math.min(countMax, limits.handOutCandidatesMax) / Math.max(1, wanted.size))
      const atMs = now()
      const isFit = (other: Registered): boolean => other.peerId !== peerId && other.expiresMs > atMs
      for (const topic of wanted.keys()) {
        const members = topics.get(topic)
        if (members === undefined) continue
        for (const other of members.near(site, count, random)) if (isFit(other)) near.push(other)
        for (const other of members.far(site, count, random)) if (isFit(other)) far.push(other)
      }
      // Nobody is twice among those of one topic.
      return wanted.size <= 1 ? { near, far } : { near: [...new Set(near)], far: [...new Set(far)] }
    },
    expire() {
      const atMs = now()
      const expired = [...peers.values()].filter((peer) => peer.expiresMs <= atMs)
      for (const peer of expired) remove(peer.peerId)
      return expired.length
    },
  }
}
