/** What a broker tells is weighed as what a neighbour tells; it cannot be banned, and is not heard more often than it should be. */
import { followMqtt, TrackerError, type BrokerConfig, type MqttFollower } from '@shoal/tracker/client'
import type { OnEvent } from '../events.ts'
import type { PeerNews } from './news.ts'

export type { BrokerConfig }

export interface BrokerStatus {
  host: string
  connected: boolean
  /** Why it is not connected, as far as that is known, and what can be done about it. */
  failure?: string
  fix?: string
}

export interface PeerBroker extends AsyncDisposable, Pick<MqttFollower, 'sendReports'> {
  status(): BrokerStatus
}

export interface BrokerDeps {
  fleet: string
  peer: string
  news: Pick<PeerNews, 'hear' | 'hearOfPolicy'>
  /** Of a member of a private fleet, as it is shown to others. */
  credential: () => Uint8Array | undefined
  onEvent: OnEvent
}

export function listenToBroker(
  config: BrokerConfig,
  { fleet, peer, news, credential, onEvent }: BrokerDeps,
): PeerBroker {
  const { host } = config.url
  let last: unknown
  const follower = followMqtt(config, {
    ...{ fleet, peer, credential },
    hear: (subject, document) => news.hear(subject, document),
    hearHint: (version) => news.hearOfPolicy(version),
    onConnected() {
      last = undefined
      onEvent('broker-connected', { host })
    },
    onFailure(error) {
      last = error
      onEvent('broker-failed', { host, error, ...why(error) })
    },
  })
  return {
    sendReports: (reports, options) => follower.sendReports(reports, options),
    status: () => ({ host, connected: follower.isConnected, ...(follower.isConnected ? {} : why(last)) }),
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
  }
}

function why(error: unknown): Pick<BrokerStatus, 'failure' | 'fix'> {
  if (!(error instanceof Error)) return {}
  const { message: failure } = error
  return error instanceof TrackerError && error.fix !== '' ? { failure, fix: error.fix } : { failure }
}
