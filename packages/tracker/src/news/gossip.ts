/** How news travels: gossipsub among the nodes of a fleet, every message a document that proves itself. */
import { gossipsub, StrictSign, type GossipSub } from '@libp2p/gossipsub'
import { sha256 } from '@shoal/release'
import { LIMITS } from '../limits.ts'

/** What is worth telling everybody: the fleet's newest timestamp, its newest policy, and its newest revocations. */
export const SUBJECTS = ['timestamp', 'policy', 'revocations'] as const
export type Subject = (typeof SUBJECTS)[number]

export function newsTopic(fleet: string, subject: Subject): string {
  return `/shoal/${fleet}/news/${subject}`
}

export function fleetGossip(fleet: string): (components: Parameters<ReturnType<typeof gossipsub>>[0]) => GossipSub {
  return gossipsub({
    allowedTopics: SUBJECTS.map((subject) => newsTopic(fleet, subject)),
    globalSignaturePolicy: StrictSign,
    // Whoever tells it, the same document is the same message: told once and for minutes not again.
    msgIdFn: (message) => sha256(message.data),
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    emitSelf: false,
    doPX: false,
    maxInboundDataLength: LIMITS.newsBytesMax,
    // A site of many peers has one address.
    scoreParams: { IPColocationFactorWeight: 0 },
  })
}
