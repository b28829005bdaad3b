// The tracker: a DHT server that everybody knows, and the one place where peers of all sites announce themselves.
import type { PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCE_LIMITS, trackerProtocol } from './announce/protocol.ts'
import type { FastifyInstance } from 'fastify'
import { mountApi } from './api/api.ts'
import { createDesk } from './api/desk.ts'
import type { Dashboard } from './dashboard/load.ts'
import { mountDashboard } from './dashboard/mount.ts'
import { TrackerError } from './error.ts'
import type { TrackerEvent } from './events.ts'
import { addFleetReadings } from './http/fleet-readings.ts'
import { createMetrics } from './http/metrics.ts'
import { countRequests } from './http/requests.ts'
import { startHttp, type HttpConfig } from './http/server.ts'
import { LIMITS } from './limits.ts'
import { serveMembers } from './members/serve.ts'
import { bridgeMqtt, type MqttBridge } from './mqtt/bridge.ts'
import type { BrokerConfig } from './mqtt/settings.ts'
import { stopNode } from './node/stop.ts'
import { startNode } from './node/wiring.ts'
import type { Office } from './office/office.ts'
import { startRolloutService, type PolicyConfig, type RolloutService } from './policy/service.ts'
import { createRegistry } from './registry/registry.ts'
import { answerAnnounce } from './service/announce-service.ts'
import { createRateLimit } from './service/rate-limit.ts'
import type { ReportsAnswer } from './reports/message.ts'
import { measureStore } from './store/measured.ts'
import type { Store, WebhookState } from './store/store.ts'
import { createSignedReader } from './origin/signed-release.ts'
import { watchOrigin, type OriginConfig } from './origin/watch.ts'
import { answerQuestions, remoteFaultOf } from './wire/exchange.ts'
import { relayNews } from './news/relay.ts'
import { noteMetadata } from './news/audit.ts'
import { startWebhooks, type Webhooks } from './webhook/service.ts'
import type { WebhookConfig } from './webhook/settings.ts'

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
  /** Where devices and rollouts are kept; without one there are none. It is not closed with the tracker. */
  store?: Store
  /** With a store: how its rollouts become the policy of the fleet. */
  policy?: PolicyConfig
  /** With a store, served beside the API; undefined when it was not built. */
  dashboard?: Dashboard | undefined
  /** Looked at for newer metadata; needs `root`. */
  origin?: OriginConfig
  /** A broker that tells news, too, and brings reports. */
  mqtt?: BrokerConfig
  /** With a store: who is told of what is in its audit log. */
  webhooks?: readonly WebhookConfig[]
  /** One announce of each peer a refill, once its burst is spent. */
  announceRefillMs?: number
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
  /** Epoch ms. */
  wallNow?: () => number
  onEvent?: (event: TrackerEvent, fields: object) => void
}

export async function startTracker(config: TrackerConfig, deps: TrackerDeps = {}): Promise<Tracker> {
  const { now = () => performance.now(), random = Math.random, wallNow = Date.now, onEvent = () => undefined } = deps
  const { intervalMs = LIMITS.intervalMs, announceRefillMs = LIMITS.announceRefillMs } = config
  await using stack = new AsyncDisposableStack()

  const registry = createRegistry({ now, random })
  const rateLimit = createRateLimit(
    { burst: LIMITS.announceBurst, refillMs: announceRefillMs, keysMax: LIMITS.peersMax },
    now,
  )
  const { office, root, store: given, policy, dashboard, mqtt, origin, webhooks: hooks = [], ...wiring } = config
  const handshake = office === undefined ? {} : { handshake: office.handshake }
  const node = stack.adopt(await startNode({ ...wiring, ...handshake, dht: 'server' }), stopNode)
  let bridge: MqttBridge | undefined
  const metrics = createMetrics({
    peers: () => registry.peers,
    topics: () => registry.topics,
    connections: () => node.getConnections().length,
    broker: () => bridge?.isConnected,
  })
  const onFault = (error: unknown): void => {
    metrics.faulted()
    onEvent('fault', { error })
  }
  const store = given && measureStore(given, (operation, seconds) => metrics.stored(operation, seconds))
  if (store !== undefined) addFleetReadings(metrics.registry, { store, now: wallNow, onFault })

  const onFailure = (error: unknown): void => {
    const code = remoteFaultOf(error)
    if (code === undefined) return onFault(error)
    metrics.failed(code)
    onEvent('exchange-failed', { code })
  }
  let rollouts: RolloutService | undefined
  let webhooks: Webhooks | undefined
  const relay = stack.use(
    relayNews(node, {
      fleet: config.fleet,
      root,
      membership: office?.membership,
      isKnownPolicy: store === undefined ? undefined : (document) => rollouts?.isKnownPolicy(document) ?? false,
      onTimestamp(document) {
        bridge?.tell('timestamp', document)
        if (store !== undefined) noteMetadata(document, { store, now: wallNow }).then(() => webhooks?.ring(), onFault)
      },
    }),
  )
  if (mqtt !== undefined) {
    bridge = stack.use(
      bridgeMqtt(mqtt, {
        fleet: config.fleet,
        peer: node.peerId.toString(),
        hearTimestamp: (document) => relay.hearTimestamp(document),
        answer:
          store === undefined ? undefined : async (...asked) => (await rollouts?.takeReports(...asked)) ?? NOT_YET,
        onConnected: () => onEvent('broker-connected', { host: mqtt.url.host }),
        onBroken: (error) => onEvent('broker-failed', { host: mqtt.url.host, error, fix: fixOf(error) }),
        onFailure,
      }),
    )
  }
  if (origin !== undefined) {
    stack.use(
      watchOrigin(origin, {
        hear: (timestamp) => relay.hearTimestamp(timestamp),
        onFailure: (error, failures) =>
          onEvent(failures === 1 ? 'origin-failed' : 'origin-failed-again', { failures, error }),
        random,
      }),
    )
  }
  if (store !== undefined) {
    rollouts = stack.use(
      await startRolloutService(node, {
        ...{ fleet: config.fleet, store, policy, membership: office?.membership, now, wallNow },
        tell(document) {
          relay.tell('policy', document)
          bridge?.tell('policy', document)
          webhooks?.ring()
        },
        onAnswer: (answer) => metrics.reported(answer),
        onFailure,
      }),
    )
    webhooks = stack.use(
      await startWebhooks(hooks, {
        ...{ fleet: config.fleet, holder: node.peerId.toString(), store, now: wallNow, random, onFailure: onFault },
        onAttempt(webhook, { is }, state) {
          metrics.toldWebhook(is)
          onEvent(webhookEvent(state), { webhook, ...(state.failures === 0 ? {} : failureOf(state)) })
        },
      }),
    )
  }

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
        if (reply.status === 'ok') rollouts?.heardOf(asker.peerId)
        return reply
      },
      onFailure,
    ),
  )
  if (office !== undefined) stack.use(await serveMembers(node, office, now, onFailure))
  const sweep = setInterval(() => {
    registry.expire()
    rateLimit.forgetIdle()
  }, LIMITS.sweepMs)
  stack.defer(() => clearInterval(sweep))

  const isReady = (): boolean => node.status === 'started' && node.getMultiaddrs().length > 0
  const mount = (server: FastifyInstance): void => {
    countRequests(server, metrics)
    const service = rollouts
    if (store === undefined || service === undefined) return
    const desk = createDesk({ store, publish: (change) => service.publish(change), now: wallNow })
    const reporters = office === undefined ? 'anyone' : 'members'
    const readSigned =
      root === undefined || policy?.originDir === undefined
        ? undefined
        : createSignedReader({ root, originDir: policy.originDir }, wallNow)
    const connected = (): number => registry.peers
    mountApi(server, { store, desk, reporters, readSigned, now: wallNow, connected }, onFault)
    mountDashboard(server, dashboard)
  }
  const http = stack.use(await startHttp(config.http, { isReady, metrics: metrics.registry, mount }))
  const running = stack.move()
  return {
    peerId: node.peerId.toString(),
    addresses: node.getMultiaddrs(),
    httpUrl: http.url,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const NOT_YET: ReportsAnswer = { v: 1, status: 'busy', retryMs: LIMITS.reportsRetryMs }

function fixOf(error: unknown): string | undefined {
  return error instanceof TrackerError && error.fix !== '' ? error.fix : undefined
}

function webhookEvent({ failures, isDead }: WebhookState): TrackerEvent {
  if (isDead) return 'webhook-dead'
  if (failures === 0) return 'webhook-told'
  return failures === 1 ? 'webhook-failed' : 'webhook-failed-again'
}

function failureOf({ failures, problem, nextMs, isDead }: WebhookState): object {
  return { failures, problem, ...(isDead ? {} : { next: new Date(nextMs).toISOString() }) }
}
