/** A node's ear and voice for news. What is heard is only ever a hint: it is weighed here and looked into elsewhere. */
import { TopicValidatorResult, type GossipSub, type Message } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import { newsTopic, type Subject } from './gossip.ts'

/**
 * `news`: proven and newer than what is known here, so it is passed on. `known`: as old, or older. `unproven`: not signed by a key that
 * is known here; the key may be newer than what is known. `unreadable`: no honest node passes it on.
 */
export type Worth = 'news' | 'known' | 'unproven' | 'unreadable'

export interface NewsConfig {
  fleet: string
  /** Weighs a document, and keeps in mind what was news. A subject without an entry is not listened to. */
  weigh: Partial<Record<Subject, (document: Uint8Array) => Worth>>
  /** A node passed on what no honest one does. */
  onUnreadable(peer: string): void
  /** Milliseconds that never go back. */
  now?: () => number
}

export interface News extends Disposable {
  /** Tells everybody who listens. Never rejects and never waits: whoever misses it polls. */
  tell(subject: Subject, document: Uint8Array): void
}

export function followNews(node: Libp2p, config: NewsConfig): News {
  const gossip = node.services['gossip'] as GossipSub
  const { newsBurst: burst, newsRefillMs: refillMs, peersMax: keysMax } = LIMITS
  const rateLimit = createRateLimit({ burst, refillMs, keysMax }, config.now ?? (() => performance.now()))
  const topics: string[] = []

  for (const [subject, weigh] of Object.entries(config.weigh)) {
    const topic = newsTopic(config.fleet, subject as Subject)
    topics.push(topic)
    gossip.topicValidators.set(topic, (peer: PeerId, message: Message) => {
      const from = peer.toString()
      if (rateLimit.take(from) > 0) return TopicValidatorResult.Ignore
      const worth = weigh(message.data)
      if (worth === 'unreadable') config.onUnreadable(from)
      if (worth === 'news') return TopicValidatorResult.Accept
      return worth === 'unreadable' ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore
    })
    gossip.subscribe(topic)
  }
  const sweeping = setInterval(() => rateLimit.forgetIdle(), LIMITS.sweepMs)

  return {
    tell(subject, document) {
      // Fails when the node is stopping, or a stream ends under it; there is nobody to tell it to.
      gossip.publish(newsTopic(config.fleet, subject), document).catch(() => undefined)
    },
    [Symbol.dispose]() {
      clearInterval(sweeping)
      for (const topic of topics) {
        gossip.unsubscribe(topic)
        gossip.topicValidators.delete(topic)
      }
    },
  }
}
