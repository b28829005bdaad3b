// The tracker: a DHT server that everybody knows, and the one place where peers of all sites announce themselves.
import type { PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCE_LIMITS, trackerProtocol } from './announce/protocol.ts'
import { TrackerError } from './error.ts'
import { createMetrics } from './http/metrics.ts'
import { startHttp, type HttpConfig } from './http/server.ts'
import { LIMITS } from './limits.ts'
import { serveMembers } from './members/serve.ts'
import { stopNode } from './node/stop.ts'
import { startNode } from './node/wiring.ts'
import type { Office } from './office/office.ts'
import { createRegistry } from './registry/registry.ts'
import { answerAnnounce } from './service/announce-service.ts'
import { createRateLimit } from './service/rate-limit.ts'
import { answerQuestions } from './wire/exchange.ts'
import { relayNews } from './news/relay.ts'

export interface TrackerConfig {
  fleet: string
  /** The fleet's root metadata, to tell news of releases from noise; without it none are passed on. */
  root?: Uint8Array
  privateKey: PrivateKey
  listen: readonly Multiaddr[]
  announce?: readonly Multiaddr[]
  http: HttpConfig
  intervalMs?: number
  connectionsMax?: number
  /** Of a private fleet: who may connect. */
  office?: Office
}

export interface Tracker extends AsyncDisposable {
  readonly peerId: string
  /** With `/p2p/…`, as peers are configured with them. */
  readonly addresses: Multiaddr[]
  readonly httpUrl: string
}

interface TrackerDeps {
  /** Milliseconds that never go back. */
  now?: () => number
  random?: () => number
}

export async function startTracker(config: TrackerConfig, deps: TrackerDeps = {}): Promise<Tracker> {
  const { now = () => performance.now(), random = Math.random } = deps
  const { intervalMs = LIMITS.intervalMs } = config
  await using stack = new AsyncDisposableStack()

  const registry = createRegistry({ now, random })
  const rateLimit = createRateLimit(
    { burst: LIMITS.announceBurst, refillMs: LIMITS.announceRefillMs, keysMax: LIMITS.peersMax },
    now,
  )
  const { office, root, ...wiring } = config
  const handshake = office === undefined ? {} : { handshake: office.handshake }
  const node = stack.adopt(await startNode({ ...wiring, ...handshake, dht: 'server' }), stopNode)
  const metrics = createMetrics({
    peers: () => registry.peers,
    topics: () => registry.topics,
    connections: () => node.getConnections().length,
  })

  stack.use(
    await answerQuestions(
      node,
      trackerProtocol(config.fleet),
      { ...ANNOUNCE_LIMITS, streamsPerConnectionMax: LIMITS.streamsPerConnectionMax, streamsMax: LIMITS.streamsMax },
      (question, { remotePeer, remoteAddr }) => {
        const asker = {
          peerId: remotePeer.toString(),
          remoteAddress: remoteAddr.toString(),
          member: office?.membership.memberOf(remotePeer.toString()),
        }
        const reply = answerAnnounce(question, asker, { registry, rateLimit, now, random, intervalMs })
        metrics.answered(reply)
        return reply
      },
      (error) => metrics.failed(error instanceof TrackerError ? error.code : 'other'),
    ),
  )
  if (office !== undefined) {
    stack.use(
      await serveMembers(node, office, now, (error) =>
        metrics.failed(error instanceof TrackerError ? error.code : 'other'),
      ),
    )
  }
  stack.use(relayNews(node, { fleet: config.fleet, root, membership: office?.membership }))
  const sweep = setInterval(() => {
    registry.expire()
    rateLimit.forgetIdle()
  }, LIMITS.sweepMs)
  stack.defer(() => clearInterval(sweep))

  const isReady = (): boolean => node.status === 'started' && node.getMultiaddrs().length > 0
  const http = stack.use(await startHttp(config.http, { isReady, metrics: metrics.registry }))
  const running = stack.move()
  return {
    peerId: node.peerId.toString(),
    addresses: node.getMultiaddrs(),
    httpUrl: http.url,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
