/** What a broker tells is weighed as what a neighbour tells; it cannot be banned, and is not heard more often than it should be. */
import { followMqtt, type BrokerConfig, type MqttFollower } from '@shoal/tracker/client'
import type { PeerNews } from './news.ts'

export type { BrokerConfig }
export type PeerBroker = MqttFollower

export interface BrokerDeps {
  fleet: string
  peer: string
  news: Pick<PeerNews, 'hear' | 'hearOfPolicy'>
  /** Of a member of a private fleet, as it is shown to others. */
  credential: () => Uint8Array | undefined
  onEvent: (event: string, fields: Record<string, unknown>) => void
}

export function listenToBroker(
  config: BrokerConfig,
  { fleet, peer, news, credential, onEvent }: BrokerDeps,
): PeerBroker {
  return followMqtt(config, {
    ...{ fleet, peer, credential },
    hear: (subject, document) => news.hear(subject, document),
    hearHint: (version) => news.hearOfPolicy(version),
    onConnected: () => onEvent('broker-connected', { host: config.url.host }),
    onFailure: (error) => onEvent('broker-failed', { host: config.url.host, error }),
  })
}
